"""The list of all mistakes of a backward pass."""

from .mistake import CATALOGUE, Mistake
from .planted import biases, chain, cnn, criterion, curvature, decay, recurrent, scale, transformer

# Each module enters its own as it is imported.
PLANTED = (biases, chain, cnn, criterion, curvature, decay, recurrent, scale, transformer)


def catalogue() -> dict[str, Mistake]:
    """Return every mistake by its id."""
    return dict(CATALOGUE)
