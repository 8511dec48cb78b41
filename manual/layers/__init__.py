"""Layers by hand: each forward followed at once by its backward."""
