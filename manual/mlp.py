"""The multilayer perceptron, every delta derived by hand.

    z^l = a^{l-1} W^l^T + b^l        a^l = f_l(z^l)        l = 1 .. L,   a^0 = x

x is (N, M_0), one sample a row; W^l is (M_l, M_{l-1}); b^l is (M_l,). Parameters are a flat dict
{"W1", "b1", ..., "WL", "bL"}. The derivatives are Nielsen's (BP1) to (BP4), transposed for rows.
"""

from dataclasses import dataclass, field

import numpy as np

from .activations import ACTIVATIONS
from .criteria import CRITERIA, FUSED
from .init import SCHEMES


@dataclass
class Pass:
    """What one forward and one backward pass leave behind, by layer: the indices are the book's."""

    W: dict
    b: dict
    z: dict = field(default_factory=dict)
    a: dict = field(default_factory=dict)
    slope: dict = field(default_factory=dict)  # f'(z), where it came with f(z), else None
    y: object = None
    delta: dict = field(default_factory=dict)
    dW: dict = field(default_factory=dict)
    db: dict = field(default_factory=dict)


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

    def init(self, rng, dtype="float64", scheme="xavier"):
        """Parameters drawn from the NumPy generator `rng`; biases 0. scheme: a name from init.SCHEMES."""
        params = {}
        for l in range(1, self.depth + 1):
            fan_in, fan_out = self.sizes[l - 1], self.sizes[l]
            params[f"W{l}"] = SCHEMES[scheme](rng, fan_out, fan_in).astype(dtype)
            params[f"b{l}"] = np.zeros(fan_out, dtype)
        return params

    def forward(self, params, x):
        """The prediction a^L, (N, M_L)."""
        return self._forward(params, x).a[self.depth]

    def loss(self, params, x, y):
        """The criterion's mean over the batch plus the l2 penalty; a scalar."""
        return self._loss(params, x, y)

    def loss_and_grads(self, params, x, y):
        """The loss and dL/dp for each parameter p, of its shape: one forward, one backward pass."""
        p = self._backward(self._forward(params, x), y)
        grads = {}
        for l in range(1, self.depth + 1):
            grads[f"W{l}"], grads[f"b{l}"] = p.dW[l], p.db[l]
        return self._criterion(p.z[self.depth], p.a[self.depth], y) + self._penalty(params), grads

    def deltas(self, params, x, y):
        """{"delta1": dL/dz^1, ..., "deltaL": dL/dz^L}, each (N, M_l)."""
        p = self._backward(self._forward(params, x), y)
        return {f"delta{l}": p.delta[l] for l in range(1, self.depth + 1)}

    # ---- The backward rules, from the loss down. Override one to plant a mistake.

    def output_delta(self, p):
        """delta^L = dC/da^L * f_L'(z^L), or, fused, one stable formula of a^L                  (BP1)"""
        a = p.a[self.depth]
        if self.fused:
            return self.fused.derivative_from_output(a, p.y)
        return self.through_activation(self.depth, self.criterion_gradient(a, p.y), p)

    def criterion_gradient(self, a, y):
        """dC/da^L, (N, M_L)"""
        return CRITERIA[self.criterion].derivative(a, y)

    def hidden_delta(self, l, p):
        """delta^l = (delta^{l+1} W^{l+1}) * f_l'(z^l)                                          (BP2)"""
        return self.through_activation(l, p.delta[l + 1] @ p.W[l + 1], p)

    def through_activation(self, l, da, p):
        """dL/dz^l = dL/da^l * f_l'(z^l); for softmax the product with its Jacobian"""
        return ACTIVATIONS[self.activations[l - 1]].backward(da, p.z[l], p.slope[l])

    def bias_gradient(self, l, p):
        """db^l = sum over the batch of delta^l                                                 (BP3)"""
        return p.delta[l].sum(axis=0)

    def weight_gradient(self, l, p):
        """dW^l = delta^l^T a^{l-1}                                                             (BP4)"""
        # np.dot, for @ leaves a column times a row (a batch of one sample) to a loop ten times as slow.
        return np.dot(p.delta[l].T, p.a[l - 1])

    def weight_decay(self, l, p):
        """d/dW^l of 1/2 lambda ||W^l||^2"""
        return self.l2 * p.W[l]

    def bias_decay(self, l, p):
        """d/db^l of 1/2 lambda ||b^l||^2, where the biases are penalised"""
        return self.l2 * p.b[l] if self.l2_biases else 0

    # ---- One forward pass, one backward pass

    def _forward(self, params, x, tap=_untouched):
        p = Pass(
            W={l: params[f"W{l}"] for l in range(1, self.depth + 1)},
            b={l: params[f"b{l}"] for l in range(1, self.depth + 1)},
            a={0: x},
        )
        for l in range(1, self.depth + 1):
            p.z[l] = tap(f"delta{l}", p.a[l - 1] @ p.W[l].T + p.b[l])
            p.a[l], p.slope[l] = ACTIVATIONS[self.activations[l - 1]].with_slope(p.z[l])
        return p

    def _backward(self, p, y):
        p.y = y
        for l in range(self.depth, 0, -1):
            p.delta[l] = self.output_delta(p) if l == self.depth else self.hidden_delta(l, p)
            p.db[l] = self.bias_gradient(l, p)
            p.dW[l] = self.weight_gradient(l, p)
            if self.l2:
                p.dW[l] = p.dW[l] + self.weight_decay(l, p)
                p.db[l] = p.db[l] + self.bias_decay(l, p)
        return p

    def _loss(self, params, x, y, tap=_untouched):
        p = self._forward(params, x, tap)
        return self._criterion(p.z[self.depth], p.a[self.depth], y) + self._penalty(params)

    def _criterion(self, z, a, y):
        return self.fused(z, y) if self.fused else CRITERIA[self.criterion](a, y)

    def _penalty(self, params):
        if not self.l2:
            return 0
        decayed = (p for name, p in params.items() if name[0] == "W" or self.l2_biases)
        return 0.5 * self.l2 * sum((p**2).sum() for p in decayed)
