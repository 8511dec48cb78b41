"""Mistakes in the backward pass of one operation, recognised by the numbers alone."""
