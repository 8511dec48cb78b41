"""The same network, differentiated by jax.grad."""

from .arrays import from_numpy, to_numpy
from .cnn import CNN
from .mlp import MLP

__all__ = ["CNN", "MLP", "from_numpy", "to_numpy"]
