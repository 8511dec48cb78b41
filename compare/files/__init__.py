"""Checking a file somebody wrote: it is loaded, called and judged in a child process; only JSON comes back."""
