"""The multilayer perceptron, every delta derived by hand.

    z^l = a^{l-1} W^l^T + b^l        a^l = f_l(z^l)        l = 1 .. L,   a^0 = x

x is (N, M_0), one sample a row; W^l is (M_l, M_{l-1}); b^l is (M_l,). Parameters are a flat dict
{"W1", "b1", ..., "WL", "bL"}. The derivatives are Nielsen's (BP1) to (BP4), transposed for rows.

R{.} is the derivative along a direction v of the parameters (Pearlmutter 1994): R{W^l} = V^l, R{b^l} = v^l, R{x} = 0,
and by the product and the chain rule R of every formula. Each rule r_... is R{.} of the rule above it.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import CRITERIA, FUSED
from .fields import check_mlp
from .init import SCHEMES
from .records import Fused
from .trace import Tap, untouched

Layers = dict[int, Array]


@dataclass
class Trace:
    """The values of a forward and a backward pass, by layer: the indices are the book's, a[0] is x.

    Of a pass of the R-operator it holds R{.} of each: W is V, b is v.
    """

    W: Layers
    b: Layers
    z: Layers = field(default_factory=dict)
    a: Layers = field(default_factory=dict)
    slope: dict[int, Array | None] = field(default_factory=dict)  # f'(z), where it came with f(z), else None
    y: Any = None
    delta: Layers = field(default_factory=dict)
    dW: Layers = field(default_factory=dict)
    db: Layers = field(default_factory=dict)


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

    def init(self, rng: np.random.Generator, dtype: DTypeLike = "float64", scheme: str = "xavier") -> Params:
        """Draw parameters from the NumPy generator `rng`; biases are 0. scheme: a name from init.SCHEMES."""
        params = {}
        for l in range(1, self.depth + 1):
            fan_in, fan_out = self.sizes[l - 1], self.sizes[l]
            params[f"W{l}"] = SCHEMES[scheme](rng, fan_out, fan_in).astype(dtype)
            params[f"b{l}"] = np.zeros(fan_out, dtype)
        return params

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the prediction a^L, (N, M_L)."""
        return self.forward_pass(params, x).a[self.depth]

    def forward_pass(self, params: Params, x: Array, tap: Tap = untouched) -> Trace:
        """Return the Trace with z^l and a^l of every layer. tap(name, z) sees each z^l and may replace it."""
        layers = range(1, self.depth + 1)
        trace = Trace(
            W={l: params[f"W{l}"] for l in layers}, b={l: params[f"b{l}"] for l in layers}, a={0: x}
        )
        for l in layers:
            trace.z[l] = tap(f"delta{l}", trace.a[l - 1] @ trace.W[l].T + trace.b[l])
            trace.a[l], trace.slope[l] = ACTIVATIONS[self.activations[l - 1]].with_slope(trace.z[l])
        return trace

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the criterion's mean over the batch plus the l2 penalty, a scalar."""
        trace = self.forward_pass(params, x, tap)
        return self.data_loss(trace.z[self.depth], trace.a[self.depth], y) + self.penalty(params)

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
        trace = self.backward_pass(self.forward_pass(params, x), y)
        grads = {}
        for l in range(1, self.depth + 1):
            grads[f"W{l}"], grads[f"b{l}"] = trace.dW[l], trace.db[l]
        loss = self.data_loss(trace.z[self.depth], trace.a[self.depth], y) + self.penalty(params)
        return loss, grads

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return {"delta1": dL/dz^1, ..., "deltaL": dL/dz^L}, each (N, M_l)."""
        trace = self.backward_pass(self.forward_pass(params, x), y)
        return {f"delta{l}": trace.delta[l] for l in range(1, self.depth + 1)}

    def backward_pass(self, trace: Trace, y: Array) -> Trace:
        """Add delta^l, dW^l and db^l of every layer to the Trace of a forward pass, from the loss down."""
        trace.y = y
        for l in range(self.depth, 0, -1):
            trace.delta[l] = self.output_delta(trace) if l == self.depth else self.hidden_delta(l, trace)
            trace.db[l] = self.bias_gradient(l, trace)
            trace.dW[l] = self.weight_gradient(l, trace)
            if self.l2:
                trace.dW[l] = trace.dW[l] + self.weight_decay(l, trace)
                trace.db[l] = trace.db[l] + self.bias_decay(l, trace)
        return trace

    # ---- Second order: R{.} of both passes

    def hessian_vector(self, params: Params, x: Array, y: Array, v: Params) -> Params:
        """Return {name: R{dL/dp}}, the Hessian of the loss times v, a dict as params; no Hessian is made.

        Pearlmutter 1994, "Fast exact multiplication by the Hessian", Neural Computation 6(1).
        """
        trace = self.backward_pass(self.forward_pass(params, x), y)
        r = self.r_backward_pass(self.r_forward_pass(v, trace), trace)
        product = {}
        for l in range(1, self.depth + 1):
            product[f"W{l}"], product[f"b{l}"] = r.dW[l], r.db[l]
        return product

    def r_forward_pass(self, v: Params, trace: Trace) -> Trace:
        """Return the Trace with R{z^l} and R{a^l} of every layer."""
        layers = range(1, self.depth + 1)
        r = Trace(W={l: v[f"W{l}"] for l in layers}, b={l: v[f"b{l}"] for l in layers})
        for l in layers:
            r.z[l] = self.r_net_input(l, r, trace)
            r.a[l] = self.r_activation(l, r, trace)
        return r

    def r_backward_pass(self, r: Trace, trace: Trace) -> Trace:
        """Add R{delta^l}, R{dW^l} and R{db^l} of every layer to `r`, from the loss down."""
        for l in range(self.depth, 0, -1):
            r.delta[l] = (
                self.r_output_delta(r, trace) if l == self.depth else self.r_hidden_delta(l, r, trace)
            )
            r.db[l] = self.r_bias_gradient(l, r, trace)
            r.dW[l] = self.r_weight_gradient(l, r, trace)
            if self.l2:
                r.dW[l] = r.dW[l] + self.weight_decay(l, r)  # linear in W: R{lambda W} = lambda V
                r.db[l] = r.db[l] + self.bias_decay(l, r)
        return r

    def r_net_input(self, l: int, r: Trace, trace: Trace) -> Array:
        """R{z^l} = a^{l-1} V^l^T + R{a^{l-1}} W^l^T + v^l, and R{a^0} = 0"""
        along_weights = trace.a[l - 1] @ r.W[l].T + r.b[l]
        return along_weights if l == 1 else along_weights + r.a[l - 1] @ trace.W[l].T

    def r_activation(self, l: int, r: Trace, trace: Trace) -> Array:
        """R{a^l} = f_l'(z^l) * R{z^l}, for softmax its Jacobian"""
        return ACTIVATIONS[self.activations[l - 1]].r_forward(r.z[l], trace.z[l], trace.slope[l])

    # ---- The rules, from the loss down, each followed by its R{.}. Override one to plant a mistake.

    def output_delta(self, trace: Trace) -> Array:
        """delta^L = dC/da^L * f_L'(z^L), or, fused, one stable formula of a^L: undoes C(f_L(z^L), y)   (BP1)"""
        a = trace.a[self.depth]
        if self.fused:
            return self.fused.derivative_from_output(a, trace.y)
        return self.through_activation(self.depth, self.criterion_gradient(a, trace.y), trace)

    def r_output_delta(self, r: Trace, trace: Trace) -> Array:
        """R{delta^L} = R{dC/da^L} * f_L'(z^L) + dC/da^L * R{f_L'(z^L)}, or, fused, R of the formula of a^L"""
        a, r_a = trace.a[self.depth], r.a[self.depth]
        if self.fused:
            return self.fused.r_derivative_from_output(r_a, a, trace.y)
        da, r_da = self.criterion_gradient(a, trace.y), self.r_criterion_gradient(r_a, a, trace.y)
        return self.r_through_activation(self.depth, r_da, da, r, trace)

    def criterion_gradient(self, a: Array, y: Array) -> Array:
        """dC/da^L, (N, M_L): undoes C(a^L, y)"""
        return CRITERIA[self.criterion].derivative(a, y)

    def r_criterion_gradient(self, r_a: Array, a: Array, y: Array) -> Array:
        """R{dC/da^L} = d^2C/da^L^2 R{a^L}, (N, M_L)"""
        return CRITERIA[self.criterion].r_derivative(r_a, a, y)

    def hidden_delta(self, l: int, trace: Trace) -> Array:
        """delta^l = (delta^{l+1} W^{l+1}) * f_l'(z^l): undoes z^{l+1} = f_l(z^l) W^{l+1}^T + b^{l+1}   (BP2)"""
        return self.through_activation(l, trace.delta[l + 1] @ trace.W[l + 1], trace)

    def r_hidden_delta(self, l: int, r: Trace, trace: Trace) -> Array:
        """R{delta^l}: as above, of R{dL/da^l} = R{delta^{l+1}} W^{l+1} + delta^{l+1} V^{l+1}"""
        da = trace.delta[l + 1] @ trace.W[l + 1]
        r_da = r.delta[l + 1] @ trace.W[l + 1] + trace.delta[l + 1] @ r.W[l + 1]
        return self.r_through_activation(l, r_da, da, r, trace)

    def through_activation(self, l: int, da: Array, trace: Trace) -> Array:
        """dL/dz^l = dL/da^l * f_l'(z^l), for softmax its Jacobian: undoes a^l = f_l(z^l)"""
        return ACTIVATIONS[self.activations[l - 1]].backward(da, trace.z[l], trace.slope[l])

    def r_through_activation(self, l: int, r_da: Array, da: Array, r: Trace, trace: Trace) -> Array:
        """R{dL/dz^l} = R{dL/da^l} * f_l'(z^l) + dL/da^l * f_l''(z^l) * R{z^l}"""
        return ACTIVATIONS[self.activations[l - 1]].r_backward(r_da, da, r.z[l], trace.z[l], trace.slope[l])

    def bias_gradient(self, l: int, trace: Trace) -> Array:
        """db^l = sum over the batch of delta^l: undoes + b^l                                           (BP3)"""
        return trace.delta[l].sum(axis=0)

    def r_bias_gradient(self, l: int, r: Trace, trace: Trace) -> Array:
        """R{db^l} = sum over the batch of R{delta^l}"""
        return r.delta[l].sum(axis=0)

    def weight_gradient(self, l: int, trace: Trace) -> Array:
        """dW^l = delta^l^T a^{l-1}: undoes a^{l-1} W^l^T by W^l                                        (BP4)"""
        # np.dot, for @ leaves a column times a row (a batch of one sample) to a loop ten times as slow.
        return np.dot(trace.delta[l].T, trace.a[l - 1])

    def r_weight_gradient(self, l: int, r: Trace, trace: Trace) -> Array:
        """R{dW^l} = R{delta^l}^T a^{l-1} + delta^l^T R{a^{l-1}}, and R{a^0} = 0"""
        along_delta = np.dot(r.delta[l].T, trace.a[l - 1])
        return along_delta if l == 1 else along_delta + np.dot(trace.delta[l].T, r.a[l - 1])

    def weight_decay(self, l: int, trace: Trace) -> Array:
        """lambda W^l: undoes 1/2 lambda ||W^l||^2"""
        return self.l2 * trace.W[l]

    def bias_decay(self, l: int, trace: Trace) -> Array | int:
        """lambda b^l: undoes 1/2 lambda ||b^l||^2, where the biases are penalised"""
        return self.l2 * trace.b[l] if self.l2_biases else 0
