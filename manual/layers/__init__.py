"""Layers by hand: a forward function followed at once by its backward."""
