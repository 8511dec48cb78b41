"""A GPT: a transformer that predicts the next token, differentiated by jax.grad.

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
Deltas are named after the intermediate: delta_x0, ..., delta_logits, in the order of `_forward`. What is added
to the residual stream has the delta of the sum: delta_h1 is also that of attention's output projection.
No derivative is written here: jax.grad finds them all.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from . import differentiate
from .activations import ACTIVATIONS
from .arrays import Array, Params, Scalar
from .criteria import FUSED
from .differentiate import Tap, untouched
from .fields import check_transformer

EPS = 1e-5
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

    # ---- Forward

    def forward(self, params: Params, x: Array) -> Array:
        """Return the logits, (N, T, V): at each position the scores of the next token."""
        return self._forward(params, x)

    def _forward(self, params: Params, ids: Array, tap: Tap = untouched) -> Array:
        x = params["E"][ids]
        x = tap("delta_x0", x if self.modern else x + params["P"][: ids.shape[1]])
        for l in range(1, self.layers + 1):
            n = tap(f"delta_attention_in{l}", self._norm(params, f"_att{l}", x))
            h = tap(f"delta_h{l}", x + self._attention(params, l, n, tap))
            n = tap(f"delta_feed_forward_in{l}", self._norm(params, f"_ff{l}", h))
            x = tap(f"delta_x{l}", h + self._feed_forward(params, l, n, tap))
        n = tap("delta_head_in", self._norm(params, "", x))
        return tap("delta_logits", n @ params["E"].T)

    def _attention(self, params: Params, l: int, n: Array, tap: Tap) -> Array:
        query = tap(f"delta_query{l}", self._linear(params, f"_q{l}", n))
        key = tap(f"delta_key{l}", self._linear(params, f"_k{l}", n))
        value = tap(f"delta_value{l}", self._linear(params, f"_v{l}", n))
        if self.modern:
            query = tap(f"delta_query_rotated{l}", self._rotate(query))
            key = tap(f"delta_key_rotated{l}", self._rotate(key))
        q, k, v = (self._split(z) for z in (query, key, value))
        S = tap(f"delta_scores{l}", q @ k.mT / (self.width // self.heads) ** 0.5)
        past = np.tri(S.shape[-1], dtype=bool)
        A = tap(f"delta_weights{l}", jax.nn.softmax(jnp.where(past, S, -jnp.inf), axis=-1))
        mixed = tap(f"delta_attention{l}", (A @ v).swapaxes(1, 2).reshape(n.shape))
        return self._linear(params, f"_o{l}", mixed)

    def _feed_forward(self, params: Params, l: int, n: Array, tap: Tap) -> Array:
        if self.modern:
            gate = tap(f"delta_gate{l}", self._linear(params, f"_gate{l}", n))
            up = tap(f"delta_up{l}", self._linear(params, f"_up{l}", n))
            hidden = ACTIVATIONS["silu"](gate) * up
        else:
            hidden = ACTIVATIONS["gelu_tanh"](tap(f"delta_up{l}", self._linear(params, f"_up{l}", n)))
        return self._linear(params, f"_down{l}", tap(f"delta_hidden{l}", hidden))

    def _linear(self, params: Params, name: str, x: Array) -> Array:
        z = x @ params[f"W{name}"].T
        return z if self.modern else z + params[f"b{name}"]

    def _norm(self, params: Params, name: str, x: Array) -> Array:
        centred = x if self.modern else x - x.mean(axis=-1, keepdims=True)
        x_hat = centred * jax.lax.rsqrt((centred**2).mean(axis=-1, keepdims=True) + EPS)
        scaled = params[f"gamma{name}"] * x_hat
        return scaled if self.modern else scaled + params[f"beta{name}"]

    def _split(self, x: Array) -> Array:
        N, T, C = x.shape
        return x.reshape(N, T, self.heads, C // self.heads).swapaxes(1, 2)

    def _rotate(self, x: Array) -> Array:
        N, T, C = x.shape
        half = C // self.heads // 2
        # In NumPy, so in float64: an error of the angle grows with the position.
        turns = np.outer(np.arange(T), 10_000.0 ** (-np.arange(half) / half))[:, None]
        cos, sin = np.cos(turns).astype(x.dtype), np.sin(turns).astype(x.dtype)
        x1, x2 = jnp.moveaxis(x.reshape(N, T, self.heads, 2, half), 3, 0)
        return jnp.stack([x1 * cos - x2 * sin, x2 * cos + x1 * sin], axis=3).reshape(N, T, C)

    def loss(self, params: Params, x: Array, y: Array, tap: Tap = untouched) -> Scalar:
        """Return the mean over all N T tokens of the cross-entropy of softmax(logits) and y, (N, T); a scalar."""
        logits = self._forward(params, x, tap)
        return CRITERION(logits.reshape(-1, self.vocabulary), y.reshape(-1))

    # ---- Backward

    def loss_and_grads(self, params: Params, x: Array, y: Array) -> tuple[Scalar, Params]:
        """Return the loss and {name: dL/dp} for each parameter p: one forward, one backward pass."""
        return differentiate.loss_and_grads(self, params, x, y)

    def deltas(self, params: Params, x: Array, y: Array) -> dict[str, Array]:
        """Return {"delta_x0": dL/dx^0, ..., "delta_logits": ...}, each of the shape of the intermediate."""
        return differentiate.deltas(self, params, x, y)
