"""The network in NumPy, every delta derived by hand."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .arrays import from_numpy, to_numpy
from .mlp import MLP

if TYPE_CHECKING:
    from .cnn import CNN
    from .recurrent import Recurrent
    from .transformer import Transformer

__all__ = ["CNN", "MLP", "Recurrent", "Transformer", "from_numpy", "to_numpy"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{name.lower()}", __name__), name)  # at the first use: most need MLP alone
