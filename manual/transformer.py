"""A GPT: a transformer that predicts the next token, every delta derived by hand.

    x^0 = E[ids] + P                                           token and position embedding
    h^l = x^{l-1} + W_o (softmax(q k^T / sqrt(d)) v) + b_o     q, k, v = W_q, W_k, W_v of norm(x^{l-1})
    x^l = h^l + W_down f(W_up norm(h^l) + b_up) + b_down       l = 1 .. L
    logits = norm(x^L) E^T                                     the head is the embedding again

ids are integers (N, T); x and h are (N, T, C), C the width; q, k, v are (N, T, C) in H heads of d = C/H features.
"gpt2" (Radford et al. 2019): layer norm with gamma and beta, biases, f = gelu_tanh, learned positions P. "modern"
(Llama: Touvron et al. 2023): RMS norm, no biases, q and k turned by rotary positions instead of P, and SwiGLU:
silu(W_gate n) * (W_up n) for f.

Parameters are a flat dict, from the ids to the loss; l stands behind each block's:
    E (V, C), P (context, C)
    gamma_att, beta_att (C,)   W_q, W_k, W_v, W_o (C, C)   b_q, b_k, b_v, b_o (C,)
    gamma_ff, beta_ff (C,)     W_up, W_gate (M, C), b_up (M,)   W_down (C, M), b_down (C,)
    gamma, beta (C,)
Deltas have the names of what they are the derivative by: delta_x0, ..., delta_logits (see `_forward`). What is added
to the residual stream has the delta of the sum: delta_h1 is also that of attention's output projection.
"""

from dataclasses import dataclass, field

import numpy as np

from .activations import ACTIVATIONS
from .criteria import FUSED
from .init import SCHEMES
from .layers import attention, embedding, feedforward, layernorm, rotary

VARIANTS = ("gpt2", "modern")
CRITERION = FUSED["softmax", "cross_entropy"]


@dataclass
class Pass:
    """What one forward and one backward pass leave behind, by the names of `_forward`: a["q1"], delta["q1"].

    kept: what a layer's forward hands to its backward.  grads: by the names of the parameters.
    """

    params: dict
    ids: np.ndarray
    a: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)
    y: object = None
    delta: dict = field(default_factory=dict)
    grads: dict = field(default_factory=dict)


def _untouched(name, z):
    return z


@dataclass(frozen=True)
class Transformer:
    """A transformer: hyperparameters only, the parameters live outside.

    vocabulary: V.  context: the most places a sequence may have.  layers, heads, width: L, H, C.
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

    def __post_init__(self):
        if not self.hidden:
            object.__setattr__(self, "hidden", 4 * self.width)
        for name in ("vocabulary", "context", "layers", "heads", "width", "hidden"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.variant not in VARIANTS:
            raise ValueError(f"unknown variant {self.variant!r}; known: {', '.join(VARIANTS)}")
        if self.width % self.heads:
            raise ValueError(
                f"width {self.width} cannot be shared by {self.heads} heads: it must be a multiple"
            )
        if self.modern and self.width // self.heads % 2:
            raise ValueError(
                f"{self.width // self.heads} features a head: rotary positions turn pairs, so it must be even"
            )

    @property
    def depth(self):
        """L, the number of blocks."""
        return self.layers

    @property
    def modern(self):
        """Whether the variant is the modern one: RMS norm, rotary positions, SwiGLU, no biases."""
        return self.variant == "modern"

    @property
    def parameters(self):
        """The names of the parameters, from the ids to the loss."""
        bias = () if self.modern else ("b",)
        norm = ("gamma",) if self.modern else ("gamma", "beta")
        block = [f"{kind}_att" for kind in norm]
        block += [f"{kind}_{which}" for which in "qkvo" for kind in ("W", *bias)]
        block += [f"{kind}_ff" for kind in norm] + ["W_gate"] * self.modern
        block += [f"{kind}_{which}" for which in ("up", "down") for kind in ("W", *bias)]
        ends = ["E"] + ["P"] * (not self.modern)
        return [*ends, *(f"{name}{l}" for l in range(1, self.layers + 1) for name in block), *norm]

    def init(self, rng, dtype="float64", scheme="xavier"):
        """Parameters drawn from the NumPy generator `rng`; biases 0, gammas 1. scheme: a name from init.SCHEMES."""
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

    def forward(self, params, x):
        """The logits, (N, T, V): what each place says of the token behind it."""
        return self._forward(params, x).a["logits"]

    def loss(self, params, x, y):
        """The mean over all N T tokens of the cross-entropy between softmax(logits) and y, (N, T); a scalar."""
        return self._loss(params, x, y)

    def loss_and_grads(self, params, x, y):
        """The loss and dL/dp for each parameter p, of its shape: one forward, one backward pass."""
        p = self._backward(self._forward(params, x), y)
        return self._criterion(p.a["logits"], y), {name: p.grads[name] for name in self.parameters}

    def deltas(self, params, x, y):
        """{"delta_x0": dL/dx^0, ..., "delta_logits": ...}, each of the shape of what it is the derivative by."""
        p = self._backward(self._forward(params, x), y)
        return {f"delta_{name}": p.delta[name] for name in p.a}

    # ---- The backward rules, from the loss down. Override one to plant a mistake.

    def output_delta(self, p):
        """dL/dlogits = (softmax(logits) - onehot(y)) / (N T)"""
        z = p.a["logits"]
        return CRITERION.derivative(z.reshape(-1, z.shape[-1]), p.y.reshape(-1)).reshape(z.shape)

    def head_backward(self, p):
        """logits = n E^T: dL/dn = dlogits E, and the head's share of dE, dlogits^T n"""
        return embedding.unembedding_backward(p.delta["logits"], p.kept["head"])

    def norm_backward(self, name, dout, p):
        """Through gamma x^ + beta: (dL/dx, dgamma, dbeta), of RMS norm without the last; name: "_att1", "_ff1", ""."""
        backward = layernorm.rms_norm_backward if self.modern else layernorm.layer_norm_backward
        return backward(dout, p.kept[f"norm{name}"])

    def residual(self, skip, branch):
        """out = x + f(x): x is used twice, so dL/dx = dL/dout + dL/dout f'(x)"""
        return skip + branch

    def shared_input(self, *terms):
        """n goes into q, k and v (or into gate and up), so its delta has a term from each"""
        return sum(terms)

    def linear_backward(self, name, dout, p):
        """z = x W^T + b: dL/dx = dz W, dW = dz^T x, db = sum of dz; name: "_q1", "_up1", ..."""
        return feedforward.linear_backward(dout, p.kept[f"linear{name}"])

    def activation_backward(self, l, p):
        """dL/dup = dL/dhidden * gelu'(up)"""
        return ACTIVATIONS["gelu_tanh"].backward(p.delta[f"hidden{l}"], p.a[f"up{l}"])

    def swiglu_backward(self, l, p):
        """hidden = silu(gate) * up: (dL/dgate, dL/dup)"""
        return feedforward.swiglu_backward(p.delta[f"hidden{l}"], p.kept[f"swiglu{l}"])

    def mixture_backward(self, l, p):
        """att = A v: dL/dA = datt v^T, dL/dv = A^T datt"""
        return attention.mixture_backward(self._split(p.delta[f"att{l}"]), p.kept[f"mixture{l}"])

    def weights_backward(self, l, p):
        """A = softmax(S): dL/dS = A * (dA - sum_j dA A), 0 in the future because A is"""
        return attention.weights_backward(p.delta[f"weights{l}"], p.kept[f"weights{l}"])

    def scores_backward(self, l, p):
        """S = q k^T / sqrt(d): dL/dq = dS k / sqrt(d), dL/dk = dS^T q / sqrt(d)"""
        return attention.scores_backward(p.delta[f"scores{l}"], p.kept[f"scores{l}"])

    def rotary_backward(self, dturned, p):
        """A rotation's transpose: dL/dq is turned back by the angle that q was turned by"""
        return attention.merge_heads(rotary.rotary_backward(self._split(dturned), p.kept["rotary"]))

    def position_gradient(self, p):
        """dP[t] = sum over the batch of dL/dx^0[:, t]; 0 for places beyond this sequence"""
        dP = np.zeros_like(p.params["P"])
        dP[: p.ids.shape[1]] = p.delta["x0"].sum(axis=0)
        return dP

    def embedding_gradient(self, p):
        """dE[v] = sum of dL/dx^0 over the places where token v stands"""
        return embedding.embedding_backward(p.delta["x0"], p.kept["embedding"])

    def tied_gradient(self, as_head, as_embedding):
        """E is used twice, at both ends: its gradient is the sum of both"""
        return as_head + as_embedding

    # ---- One forward pass, one backward pass

    def _forward(self, params, ids, tap=_untouched):
        p = Pass(params, ids)

        def see(name, z):
            p.a[name] = tap(f"delta_{name}", z)
            return p.a[name]

        x0, p.kept["embedding"] = embedding.embedding(ids, params["E"])
        x = see("x0", x0 if self.modern else x0 + params["P"][: ids.shape[1]])
        for l in range(1, self.layers + 1):
            n = see(f"att_in{l}", self._norm(f"_att{l}", x, p))
            h = see(f"h{l}", x + self._attention(l, n, p, see))
            n = see(f"ff_in{l}", self._norm(f"_ff{l}", h, p))
            x = see(f"x{l}", h + self._feed_forward(l, n, p, see))
        n = see("head_in", self._norm("", x, p))
        logits, p.kept["head"] = embedding.unembedding(n, params["E"])
        see("logits", logits)
        return p

    def _attention(self, l, n, p, see):
        q, k, v = (see(f"{w}{l}", self._linear(f"_{w}{l}", n, p)) for w in "qkv")
        if self.modern:
            q, k = (see(f"{w}_turned{l}", self._turned(z, p)) for w, z in (("q", q), ("k", k)))
        S, p.kept[f"scores{l}"] = attention.scores(self._split(q), self._split(k))
        A, p.kept[f"weights{l}"] = attention.weights(see(f"scores{l}", S))
        A = see(f"weights{l}", A)
        mixed, p.kept[f"mixture{l}"] = attention.mixture(A, self._split(v))
        return self._linear(f"_o{l}", see(f"att{l}", attention.merge_heads(mixed)), p)

    def _feed_forward(self, l, n, p, see):
        if self.modern:
            gate = see(f"gate{l}", self._linear(f"_gate{l}", n, p))
            up = see(f"up{l}", self._linear(f"_up{l}", n, p))
            hidden, p.kept[f"swiglu{l}"] = feedforward.swiglu(gate, up)
        else:
            hidden = ACTIVATIONS["gelu_tanh"](see(f"up{l}", self._linear(f"_up{l}", n, p)))
        return self._linear(f"_down{l}", see(f"hidden{l}", hidden), p)

    def _linear(self, name, x, p):
        z, p.kept[f"linear{name}"] = feedforward.linear(x, p.params[f"W{name}"], p.params.get(f"b{name}"))
        return z

    def _norm(self, name, x, p):
        forward = layernorm.rms_norm if self.modern else layernorm.layer_norm
        affine = (p.params[f"{kind}{name}"] for kind in self._norm_parameters)
        out, p.kept[f"norm{name}"] = forward(x, *affine)
        return out

    def _turned(self, x, p):
        out, p.kept["rotary"] = rotary.rotary(self._split(x))
        return attention.merge_heads(out)

    def _split(self, x):
        return attention.split_heads(x, self.heads)

    @property
    def _norm_parameters(self):
        return ("gamma",) if self.modern else ("gamma", "beta")

    def _backward(self, p, y):
        p.y = y
        p.delta["logits"] = self.output_delta(p)
        p.delta["head_in"], dE_head = self.head_backward(p)
        p.delta[f"x{self.layers}"] = self._through_norm("", "head_in", p)
        for l in range(self.layers, 0, -1):
            self._through_feed_forward(l, p)
            branch = self._through_norm(f"_ff{l}", f"ff_in{l}", p)
            p.delta[f"h{l}"] = self.residual(p.delta[f"x{l}"], branch)
            self._through_attention(l, p)
            branch = self._through_norm(f"_att{l}", f"att_in{l}", p)
            p.delta[f"x{l - 1}"] = self.residual(p.delta[f"h{l}"], branch)
        if not self.modern:
            p.grads["P"] = self.position_gradient(p)
        p.grads["E"] = self.tied_gradient(dE_head, self.embedding_gradient(p))
        return p

    def _through_feed_forward(self, l, p):
        p.delta[f"hidden{l}"] = self._through_linear(f"_down{l}", p.delta[f"x{l}"], p)
        if self.modern:
            p.delta[f"gate{l}"], p.delta[f"up{l}"] = self.swiglu_backward(l, p)
            inputs = ("gate", "up")
        else:
            p.delta[f"up{l}"] = self.activation_backward(l, p)
            inputs = ("up",)
        terms = (self._through_linear(f"_{w}{l}", p.delta[f"{w}{l}"], p) for w in inputs)
        p.delta[f"ff_in{l}"] = self.shared_input(*terms)

    def _through_attention(self, l, p):
        p.delta[f"att{l}"] = self._through_linear(f"_o{l}", p.delta[f"h{l}"], p)
        p.delta[f"weights{l}"], dv = self.mixture_backward(l, p)
        p.delta[f"scores{l}"] = self.weights_backward(l, p)
        for w, d in zip("qkv", (*self.scores_backward(l, p), dv), strict=True):
            p.delta[f"{w}{l}"] = attention.merge_heads(d)
            if self.modern and w != "v":
                p.delta[f"{w}_turned{l}"] = p.delta[f"{w}{l}"]
                p.delta[f"{w}{l}"] = self.rotary_backward(p.delta[f"{w}_turned{l}"], p)
        terms = (self._through_linear(f"_{w}{l}", p.delta[f"{w}{l}"], p) for w in "qkv")
        p.delta[f"att_in{l}"] = self.shared_input(*terms)

    def _through_linear(self, name, dout, p):
        dx, p.grads[f"W{name}"], *db = self.linear_backward(name, dout, p)
        if db:
            p.grads[f"b{name}"] = db[0]
        return dx

    def _through_norm(self, name, of, p):
        dx, *affine = self.norm_backward(name, p.delta[of], p)
        p.grads |= {f"{kind}{name}": d for kind, d in zip(self._norm_parameters, affine, strict=True)}
        return dx

    def _loss(self, params, x, y, tap=_untouched):
        return self._criterion(self._forward(params, x, tap).a["logits"], y)

    def _criterion(self, logits, y):
        return CRITERION(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))
