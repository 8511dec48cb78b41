"""Arrays and witnesses in, verdicts out: nothing here runs the user's code."""
