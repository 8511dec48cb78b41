"""Evidence in, verdicts out: nothing here runs anybody's code again."""
