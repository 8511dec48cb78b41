"""The network in NumPy, every delta derived by hand."""

from .arrays import from_numpy, to_numpy
from .cnn import CNN
from .mlp import MLP
from .recurrent import Recurrent
from .transformer import Transformer

__all__ = ["CNN", "MLP", "Recurrent", "Transformer", "from_numpy", "to_numpy"]
