"""A GPT: a transformer that predicts the next token, every delta derived by hand.

    x^0 = E[ids] + P                                           token and position embedding
    h^l = x^{l-1} + W_o (softmax(q k^T / sqrt(d)) v) + b_o     q, k, v = W_q, W_k, W_v of norm(x^{l-1})
    x^l = h^l + W_down f(W_up norm(h^l) + b_up) + b_down       l = 1 .. L
    logits = norm(x^L) E^T                                     the head is the embedding again

ids are integers (N, T); x and h are (N, T, C), C the width; q, k, v are (N, T, C) in H heads of d = C/H features.
"gpt2" (Radford et al. 2019): layer norm with gamma and beta, biases, f = gelu_tanh, learned positions P. "modern"
(Llama: Touvron et al. 2023): RMS norm, no biases, rotary positions of q and k instead of P, and SwiGLU:
silu(W_gate n) * (W_up n) for f.

Parameters are a flat dict, from the ids to the loss; those of block l end in l:
    E (V, C), P (context, C)
    gamma_att, beta_att (C,)   W_q, W_k, W_v, W_o (C, C)   b_q, b_k, b_v, b_o (C,)
    gamma_ff, beta_ff (C,)     W_up, W_gate (M, C), b_up (M,)   W_down (C, M), b_down (C,)
    gamma, beta (C,)
Deltas are named after the intermediate: delta_x0, ..., delta_logits, in the order of `forward_pass`. What is added
to the residual stream has the delta of the sum: delta_h1 is also that of attention's output projection.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import FUSED
from .fields import check_transformer
from .init import SCHEMES
from .layers import attention, embedding, feedforward, layernorm, rotary
from .trace import Tap, Trace, untouched

VARIANTS = ("gpt2", "modern")
CRITERION = FUSED["softmax", "cross_entropy"]


@dataclass(frozen=True)
class Transformer:
    """A transformer: hyperparameters only, the parameters live outside.

    vocabulary: V.  context: the most positions in a sequence.  layers, heads, width: L, H, C.
    hidden: M, 4 C where 0.  variant: "gpt2" or "modern".
    Raises ValueError where these do not fit each other.
    """

    vocabulary: int = 96
    context: int = 32
    layers: int = 2
    heads: int = 2
    width: int = 32
    hidden: int = 0
    variant: str = "gpt2"

    def __post_init__(self) -> None:
        check_transformer(self, VARIANTS)

    @property
    def depth(self) -> int:
        """L, the number of blocks."""
        return self.layers

    @property
    def modern(self) -> bool:
        """Return whether the variant is the modern one: RMS norm, rotary positions, SwiGLU, no biases."""
        return self.variant == "modern"

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters, from the ids to the loss."""
        bias = () if self.modern else ("b",)
        norm = ("gamma",) if self.modern else ("gamma", "beta")
        block = [f"{kind}_att" for kind in norm]
        block += [f"{kind}_{which}" for which in "qkvo" for kind in ("W", *bias)]
        block += [f"{kind}_ff" for kind in norm] + ["W_gate"] * self.modern
        block += [f"{kind}_{which}" for which in ("up", "down") for kind in ("W", *bias)]
        ends = ["E"] + ["P"] * (not self.modern)
        return [*ends, *(f"{name}{l}" for l in range(1, self.layers + 1) for name in block), *norm]

    def init(self, rng: np.random.Generator, dtype: DTypeLike = "float64", scheme: str = "xavier") -> Params:
        """Draw parameters from the NumPy generator `rng`; biases are 0, gammas 1. scheme: from init.SCHEMES."""
        V, C, M = self.vocabulary, self.width, self.hidden
        shapes = {"E": (V, C), "P": (self.context, C), "W_up": (M, C), "W_gate": (M, C), "W_down": (C, M)}
        params = {}
        for name in self.parameters:
            bare = name.rstrip("0123456789")
            if bare[0] in "EPW":
                params[name] = SCHEMES[scheme](rng, *shapes.get(bare, (C, C))).astype(dtype)
            else:
                params[name] = np.full(M if bare == "b_up" else C, float(bare.startswith("gamma")), dtype)
        return params

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the logits, (N, T, V): at each position the scores of the next token."""
        return self.forward_pass(params, x).a["logits"]

    def forward_pass(self, params: Params, x: Array, tap: Tap = untouched) -> Trace:
        """Return the Trace with every intermediate. tap(name, z) sees each of them and may replace it."""
        trace = Trace(params, x, tap)
        x0, trace.kept["embedding"] = embedding.embedding(x, params["E"])
        x = trace.record("x0", x0 if self.modern else x0 + params["P"][: x.shape[1]])
        for l in range(1, self.layers + 1):
            n = trace.record(f"attention_in{l}", self._norm(f"_att{l}", x, trace))
            h = trace.record(f"h{l}", x + self._attention(l, n, trace))
            n = trace.record(f"feed_forward_in{l}", self._norm(f"_ff{l}", h, trace))
            x = trace.record(f"x{l}", h + self._feed_forward(l, n, trace))
        n = trace.record("head_in", self._norm("", x, trace))
        logits, trace.kept["head"] = embedding.unembedding(n, params["E"])
        trace.record("logits", logits)
        return trace

    def _attention(self, l: int, n: Array, trace: Trace) -> Array:
        query = trace.record(f"query{l}", self._linear(f"_q{l}", n, trace))
        key = trace.record(f"key{l}", self._linear(f"_k{l}", n, trace))
        value = trace.record(f"value{l}", self._linear(f"_v{l}", n, trace))
        if self.modern:
            query = trace.record(f"query_rotated{l}", self._rotate(query, trace))
            key = trace.record(f"key_rotated{l}", self._rotate(key, trace))
        S, trace.kept[f"scores{l}"] = attention.scores(self._split(query), self._split(key))
        A, trace.kept[f"weights{l}"] = attention.weights(trace.record(f"scores{l}", S))
        A = trace.record(f"weights{l}", A)
        mixed, trace.kept[f"mixture{l}"] = attention.mixture(A, self._split(value))
        mixed = trace.record(f"attention{l}", attention.merge_heads(mixed))
        return self._linear(f"_o{l}", mixed, trace)

    def _feed_forward(self, l: int, n: Array, trace: Trace) -> Array:
        if self.modern:
            gate = trace.record(f"gate{l}", self._linear(f"_gate{l}", n, trace))
            up = trace.record(f"up{l}", self._linear(f"_up{l}", n, trace))
            hidden, trace.kept[f"swiglu{l}"] = feedforward.swiglu(gate, up)
        else:
            hidden = ACTIVATIONS["gelu_tanh"](trace.record(f"up{l}", self._linear(f"_up{l}", n, trace)))
        return self._linear(f"_down{l}", trace.record(f"hidden{l}", hidden), trace)

    def _linear(self, name: str, x: Array, trace: Trace) -> Array:
        W, b = trace.params[f"W{name}"], trace.params.get(f"b{name}")
        z, trace.kept[f"linear{name}"] = feedforward.linear(x, W, b)
        return z

    def _norm(self, name: str, x: Array, trace: Trace) -> Array:
        norm = layernorm.rms_norm if self.modern else layernorm.layer_norm
        affine = (trace.params[f"{kind}{name}"] for kind in self._norm_parameters)
        out, trace.kept[f"norm{name}"] = norm(x, *affine)
        return out

    def _rotate(self, x: Array, trace: Trace) -> Array:
        out, trace.kept["rotary"] = rotary.rotary(self._split(x))
        return attention.merge_heads(out)

    def _split(self, x: Array) -> Array:
        return attention.split_heads(x, self.heads)

    @property
    def _norm_parameters(self) -> tuple[str, ...]:
        return ("gamma",) if self.modern else ("gamma", "beta")

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the mean over all N T tokens of the cross-entropy of softmax(logits) and y, (N, T); a scalar."""
        return self._cross_entropy(self.forward_pass(params, x, tap).a["logits"], y)

    def _cross_entropy(self, logits: Array, y: Array) -> Scalar:
        return CRITERION(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))

    # ---- Backward

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp} for each parameter p: one forward, one backward pass."""
        trace = self.backward_pass(self.forward_pass(params, x), y)
        grads = {name: trace.grads[name] for name in self.parameters}
        return self._cross_entropy(trace.a["logits"], y), grads

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return {"delta_x0": dL/dx^0, ..., "delta_logits": ...}, each of the shape of the intermediate."""
        trace = self.backward_pass(self.forward_pass(params, x), y)
        return {f"delta_{name}": trace.delta[name] for name in trace.a}

    def backward_pass(self, trace: Trace, y: Array) -> Trace:
        """Add delta of every intermediate and the gradients to the Trace of a forward pass, from the loss down."""
        trace.y, delta = y, trace.delta
        delta["logits"] = self.output_delta(trace)
        delta["head_in"], dE_head = self.head_backward(trace)
        delta[f"x{self.layers}"] = self._through_norm("", "head_in", trace)
        for l in range(self.layers, 0, -1):
            self._through_feed_forward(l, trace)
            branch = self._through_norm(f"_ff{l}", f"feed_forward_in{l}", trace)
            delta[f"h{l}"] = self.residual(delta[f"x{l}"], branch)
            self._through_attention(l, trace)
            branch = self._through_norm(f"_att{l}", f"attention_in{l}", trace)
            delta[f"x{l - 1}"] = self.residual(delta[f"h{l}"], branch)
        if not self.modern:
            trace.grads["P"] = self.position_gradient(trace)
        trace.grads["E"] = self.tied_gradient(dE_head, self.embedding_gradient(trace))
        return trace

    def _through_feed_forward(self, l: int, trace: Trace) -> None:
        delta = trace.delta
        delta[f"hidden{l}"] = self._through_linear(f"_down{l}", delta[f"x{l}"], trace)
        if self.modern:
            delta[f"gate{l}"], delta[f"up{l}"] = self.swiglu_backward(l, trace)
            inputs: tuple[str, ...] = ("gate", "up")
        else:
            delta[f"up{l}"] = self.activation_backward(l, trace)
            inputs = ("up",)
        terms = (self._through_linear(f"_{name}{l}", delta[f"{name}{l}"], trace) for name in inputs)
        delta[f"feed_forward_in{l}"] = self.shared_input(*terms)

    def _through_attention(self, l: int, trace: Trace) -> None:
        delta = trace.delta
        delta[f"attention{l}"] = self._through_linear(f"_o{l}", delta[f"h{l}"], trace)
        delta[f"weights{l}"], dvalue = self.mixture_backward(l, trace)
        delta[f"scores{l}"] = self.weights_backward(l, trace)
        dquery, dkey = self.scores_backward(l, trace)
        for name, d in (("query", dquery), ("key", dkey), ("value", dvalue)):
            delta[f"{name}{l}"] = attention.merge_heads(d)
            if self.modern and name != "value":
                delta[f"{name}_rotated{l}"] = delta[f"{name}{l}"]
                delta[f"{name}{l}"] = self.rotary_backward(delta[f"{name}_rotated{l}"], trace)
        terms = (
            self._through_linear(f"_{name[0]}{l}", delta[f"{name}{l}"], trace)
            for name in ("query", "key", "value")
        )
        delta[f"attention_in{l}"] = self.shared_input(*terms)

    def _through_linear(self, name: str, dout: Array, trace: Trace) -> Array:
        dx, trace.grads[f"W{name}"], *db = self.linear_backward(name, dout, trace)
        if db:
            trace.grads[f"b{name}"] = db[0]
        return dx

    def _through_norm(self, name: str, of: str, trace: Trace) -> Array:
        dx, *affine = self.norm_backward(name, trace.delta[of], trace)
        trace.grads |= {f"{kind}{name}": d for kind, d in zip(self._norm_parameters, affine, strict=True)}
        return dx

    # ---- The rules, from the loss down. Override one to plant a mistake.

    def output_delta(self, trace: Trace) -> Array:
        """dL/dlogits = (softmax(logits) - onehot(y)) / (N T): undoes the cross-entropy"""
        z = trace.a["logits"]
        return CRITERION.derivative(z.reshape(-1, z.shape[-1]), trace.y.reshape(-1)).reshape(z.shape)

    def head_backward(self, trace: Trace) -> tuple[Array, Array]:
        """dL/dn = dlogits E, and the head's share of dE, dlogits^T n: undoes logits = n E^T"""
        return embedding.unembedding_backward(trace.delta["logits"], trace.kept["head"])

    def norm_backward(self, name: str, dout: Array, trace: Trace) -> tuple[Array, ...]:
        """(dL/dx, dgamma, dbeta), of RMS norm without dbeta: undoes gamma x^ + beta. name: "_att1", "_ff1", ""."""
        backward = layernorm.rms_norm_backward if self.modern else layernorm.layer_norm_backward
        return backward(dout, trace.kept[f"norm{name}"])

    def residual(self, skip: Array, branch: Array) -> Array:
        """dL/dx = dL/dout + dL/dout f'(x): undoes both uses of x in out = x + f(x)"""
        return skip + branch

    def shared_input(self, *terms: Array) -> Any:
        """dL/dn, a term for each use of n: undoes query, key, value = W_q n, W_k n, W_v n (or gate and up)"""
        return sum(terms)

    def linear_backward(self, name: str, dout: Array, trace: Trace) -> tuple[Array, ...]:
        """dL/dx = dz W, dW = dz^T x, db = sum of dz: undoes z = x W^T + b. name: "_q1", "_up1", ..."""
        return feedforward.linear_backward(dout, trace.kept[f"linear{name}"])

    def activation_backward(self, l: int, trace: Trace) -> Array:
        """dL/dup = dL/dhidden * f'(up): undoes hidden = f(up), f = gelu_tanh"""
        return ACTIVATIONS["gelu_tanh"].backward(trace.delta[f"hidden{l}"], trace.a[f"up{l}"])

    def swiglu_backward(self, l: int, trace: Trace) -> tuple[Array, Array]:
        """(dL/dgate, dL/dup): undoes hidden = silu(gate) * up"""
        return feedforward.swiglu_backward(trace.delta[f"hidden{l}"], trace.kept[f"swiglu{l}"])

    def mixture_backward(self, l: int, trace: Trace) -> tuple[Array, Array]:
        """dL/dA = datt v^T, dL/dv = A^T datt: undoes att = A v, for each head"""
        return attention.mixture_backward(
            self._split(trace.delta[f"attention{l}"]), trace.kept[f"mixture{l}"]
        )

    def weights_backward(self, l: int, trace: Trace) -> Array:
        """dL/dS = A * (dA - sum_j dA A), 0 in the future because A is: undoes A = softmax(S)"""
        return attention.weights_backward(trace.delta[f"weights{l}"], trace.kept[f"weights{l}"])

    def scores_backward(self, l: int, trace: Trace) -> tuple[Array, Array]:
        """dL/dq = dS k / sqrt(d), dL/dk = dS^T q / sqrt(d): undoes S = q k^T / sqrt(d)"""
        return attention.scores_backward(trace.delta[f"scores{l}"], trace.kept[f"scores{l}"])

    def rotary_backward(self, drotated: Array, trace: Trace) -> Array:
        """Rotate back by the same angle, the transpose of a rotation: undoes query_rotated or key_rotated"""
        return attention.merge_heads(rotary.rotary_backward(self._split(drotated), trace.kept["rotary"]))

    def position_gradient(self, trace: Trace) -> Array:
        """dP[t] = sum over the batch of dL/dx^0[:, t], 0 beyond this sequence: undoes + P"""
        dP = np.zeros_like(trace.params["P"])
        dP[: trace.x.shape[1]] = trace.delta["x0"].sum(axis=0)
        return dP

    def embedding_gradient(self, trace: Trace) -> Array:
        """dE[v] = sum of dL/dx^0 over the positions of token v: undoes E[ids]"""
        return embedding.embedding_backward(trace.delta["x0"], trace.kept["embedding"])

    def tied_gradient(self, as_head: Array, as_embedding: Array) -> Array:
        """dE = its gradient as the head + as the embedding: undoes both uses of E"""
        return as_head + as_embedding
