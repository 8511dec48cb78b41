"""Does a test suite notice a wrong gradient? Wrong edits are planted in a copy, one at a time, and the tests run."""
