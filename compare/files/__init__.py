"""A user's file, loaded and called in a child process that returns messages only."""
