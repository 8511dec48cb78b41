"""Which change of a statement makes the gradients right: edits, the search over them, and the text of the result."""
