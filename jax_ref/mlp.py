"""The multilayer perceptron, differentiated by jax.grad.

    z^l = a^{l-1} W^l^T + b^l        a^l = f_l(z^l)        l = 1 .. L,   a^0 = x

x is (N, M_0), one sample a row; W^l is (M_l, M_{l-1}); b^l is (M_l,). Parameters are a flat dict
{"W1", "b1", ..., "WL", "bL"}. No derivative is written here: jax.grad finds them all.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from .activations import ACTIVATIONS
from .criteria import CRITERIA, FUSED


def _untouched(name, z):
    return z


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

    def __post_init__(self):
        object.__setattr__(self, "sizes", tuple(self.sizes))
        object.__setattr__(self, "activations", tuple(self.activations))
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(f"sizes {self.sizes}: two or more positive widths are needed")
        if len(self.activations) != self.depth:
            raise ValueError(
                f"{self.depth} layers need {self.depth} activations, not {len(self.activations)}"
            )
        for name in self.activations:
            if name not in ACTIVATIONS:
                raise ValueError(f"unknown activation {name!r}; known: {', '.join(ACTIVATIONS)}")
        if self.criterion not in CRITERIA:
            raise ValueError(f"unknown criterion {self.criterion!r}; known: {', '.join(CRITERIA)}")
        if not 0 <= self.l2 < float("inf"):
            raise ValueError(f"l2 is {self.l2}; it must be a finite number, 0 or more")

    @property
    def depth(self):
        """L, the number of layers with weights."""
        return len(self.sizes) - 1

    @property
    def fused(self):
        """The criterion of z^L that the last activation and the criterion are together, or None."""
        return FUSED.get((self.activations[-1], self.criterion))

    def forward(self, params, x):
        """The prediction a^L, (N, M_L)."""
        return self._forward(params, x)[1]

    def loss(self, params, x, y):
        """The criterion's mean over the batch plus the l2 penalty; a scalar."""
        return self._loss(params, x, y)

    def loss_and_grads(self, params, x, y):
        """The loss and dL/dp for each parameter p, of its shape: one forward, one backward pass."""
        return jax.value_and_grad(self.loss)(params, x, y)

    def deltas(self, params, x, y):
        """{"delta1": dL/dz^1, ..., "deltaL": dL/dz^L}, each (N, M_l): the derivative by a zero added to z^l."""
        zeros = {f"delta{l}": jnp.zeros((len(x), self.sizes[l]), x.dtype) for l in range(1, self.depth + 1)}
        found = jax.grad(lambda zeros: self._loss(params, x, y, lambda name, z: z + zeros[name]))(zeros)
        return {name: found[name] for name in zeros}  # jax orders a dict by its keys

    # ---- One forward pass

    def _forward(self, params, x, tap=_untouched):
        a = x
        for l in range(1, self.depth + 1):
            z = tap(f"delta{l}", a @ params[f"W{l}"].T + params[f"b{l}"])
            a = ACTIVATIONS[self.activations[l - 1]](z)
        return z, a

    def _loss(self, params, x, y, tap=_untouched):
        z, a = self._forward(params, x, tap)
        return self._criterion(z, a, y) + self._penalty(params)

    def _criterion(self, z, a, y):
        return self.fused(z, y) if self.fused else CRITERIA[self.criterion](a, y)

    def _penalty(self, params):
        if not self.l2:
            return 0
        decayed = (p for name, p in params.items() if name[0] == "W" or self.l2_biases)
        return 0.5 * self.l2 * sum((p**2).sum() for p in decayed)
