"""The multilayer perceptron, differentiated by torch.autograd.

    z^l = a^{l-1} W^l^T + b^l        a^l = f_l(z^l)        l = 1 .. L,   a^0 = x

x is (N, M_0), one sample a row; W^l is (M_l, M_{l-1}); b^l is (M_l,). Parameters are a flat dict
{"W1", "b1", ..., "WL", "bL"}. No derivative is written here: torch.autograd finds them all.
"""

from dataclasses import dataclass

from . import differentiate
from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import CRITERIA, FUSED, Fused
from .differentiate import Tap, untouched
from .fields import check_mlp


@dataclass(frozen=True)
class MLP:
    """A multilayer perceptron: hyperparameters only, the parameters live outside.

    sizes: M_0, ..., M_L.  activations: f_1, ..., f_L, names from ACTIVATIONS.  criterion: from CRITERIA.
    l2: lambda in 1/2 lambda ||W||_F^2, summed over the weights and, with l2_biases, the biases.
    Raises ValueError where these do not fit each other.
    """

    sizes: tuple[int, ...] = (64, 30, 10)
    activations: tuple[str, ...] = ("sigmoid", "softmax")
    criterion: str = "cross_entropy"
    l2: float = 0.0
    l2_biases: bool = False

    def __post_init__(self) -> None:
        check_mlp(self, ACTIVATIONS, CRITERIA)

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return len(self.sizes) - 1

    @property
    def fused(self) -> Fused | None:
        """The last activation and the criterion as one stable criterion of z^L, or None."""
        return FUSED.get((self.activations[-1], self.criterion))

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the prediction a^L, (N, M_L)."""
        return self._forward(params, x)[1]

    def _forward(self, params: Params, x: Array, tap: Tap = untouched) -> tuple[Array, Array]:
        a = x
        for l in range(1, self.depth + 1):
            z = tap(f"delta{l}", a @ params[f"W{l}"].T + params[f"b{l}"])
            a = ACTIVATIONS[self.activations[l - 1]](z)
        return z, a

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the criterion's mean over the batch plus the l2 penalty, a scalar."""
        z, a = self._forward(params, x, tap)
        return self.data_loss(z, a, y) + self.penalty(params)

    def data_loss(self, z: Array, a: Array, y: Array) -> Scalar:
        """Return the criterion's mean over the batch, from z^L where fused, else from a^L."""
        return self.fused(z, y) if self.fused else CRITERIA[self.criterion](a, y)

    def penalty(self, params: Params) -> Scalar | float:
        """Return 1/2 lambda times the sum of squares of the weights and, with l2_biases, of the biases."""
        if not self.l2:
            return 0
        decayed = (p for name, p in params.items() if name[0] == "W" or self.l2_biases)
        return 0.5 * self.l2 * sum((p**2).sum() for p in decayed)

    # ---- Backward

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp} for each parameter p: one forward, one backward pass."""
        return differentiate.loss_and_grads(self, params, x, y)

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return {"delta1": dL/dz^1, ..., "deltaL": dL/dz^L}, each (N, M_l)."""
        return differentiate.deltas(self, params, x, y)

    # ---- Second order

    def hessian_vector(self, params: Params, x: Array, y: Array, v: Params) -> Params:
        """Return {name: R{dL/dp}}, the Hessian of the loss times v, a dict as params; no Hessian is made."""
        return differentiate.hessian_vector(self, params, x, y, v)
