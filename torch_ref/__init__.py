"""The same network, differentiated by torch.autograd."""

from .arrays import from_numpy, to_numpy
from .mlp import MLP
from .transformer import Transformer

__all__ = ["MLP", "Transformer", "from_numpy", "to_numpy"]
