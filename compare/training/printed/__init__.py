"""Numbers that others printed, computed again: by NumPy and the networks of `manual`, by torch and by jax."""
