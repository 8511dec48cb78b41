"""The network in NumPy, every delta derived by hand."""

from .arrays import from_numpy, to_numpy
from .cnn import CNN
from .mlp import MLP

__all__ = ["CNN", "MLP", "from_numpy", "to_numpy"]
