"""The bodies of the drawn functions, by name."""

from .body import Body
from .dense import MLP, Residual
from .norms import BatchNorm, LayerNorm
from .sequences import RNN, Attention, Convolution, Embedding

BODIES: dict[str, Body] = {
    "mlp": MLP(),
    "residual": Residual(),
    "layer norm": LayerNorm(),
    "batch norm": BatchNorm(),
    "attention": Attention(),
    "rnn": RNN(),
    "embedding": Embedding(),
    "conv1d": Convolution(),
}
