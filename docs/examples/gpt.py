"""A small GPT in torch, and its port to jax.

threeways curves gpt.py --optimizer adamw
"""

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

VOCABULARY, CONTEXT, WIDTH, HEADS, BLOCKS = 17, 8, 12, 2, 2


class Block(nn.Module):
    """Attention and a feed-forward network, each behind its norm."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        n, t, c = x.shape
        h = self.norm1(x)
        q, k, v = (
            f(h).view(n, t, HEADS, c // HEADS).transpose(1, 2) for f in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(n, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    """Tokens in, the scores of the next token out."""

    def __init__(self):
        super().__init__()
        self.token, self.place = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, ids):
        x = self.token(ids) + self.place(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


torch.manual_seed(0)
torch_model = GPT()


def torch_loss(output, y):
    """Return the mean over all tokens."""
    return F.cross_entropy(output.reshape(-1, VOCABULARY), y.reshape(-1))


def batch(rng):
    """Return 4 sequences, and the same one place further: each token is the last one times 3 plus noise."""
    ids = [rng.integers(0, VOCABULARY, 4)]
    for _ in range(CONTEXT):
        ids.append((3 * ids[-1] + rng.integers(0, 2, 4)) % VOCABULARY)
    ids = np.stack(ids, axis=1)
    return ids[:, :-1], ids[:, 1:]


def _dense(into, out):
    return {"kernel": jnp.zeros((into, out)), "bias": jnp.zeros(out)}


def _norm():
    return {"scale": jnp.zeros(WIDTH), "bias": jnp.zeros(WIDTH)}


jax_model = {
    "token": {"embedding": jnp.zeros((VOCABULARY, WIDTH))},
    "place": {"embedding": jnp.zeros((CONTEXT, WIDTH))},
    "blocks": [
        {name: _dense(WIDTH, WIDTH) for name in ("query", "key", "value", "out")}
        | {"up": _dense(WIDTH, 4 * WIDTH), "down": _dense(4 * WIDTH, WIDTH)}
        | {"norm1": _norm(), "norm2": _norm()}
        for _ in range(BLOCKS)
    ],
    "norm": _norm(),
    "head": {"kernel": jnp.zeros((WIDTH, VOCABULARY))},
}


def dense(p, x):
    """Return x W + b."""
    return x @ p["kernel"] + p["bias"]


def layer_norm(p, x):
    """Return the normalised features."""
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(var + 1e-5) * p["scale"] + p["bias"]


def attention(p, x):
    """Return causal attention over the places before."""
    n, t, c = x.shape
    q, k, v = (
        dense(p[name], x).reshape(n, t, HEADS, c // HEADS).transpose(0, 2, 1, 3)
        for name in ("query", "key", "value")
    )
    scores = q @ k.transpose(0, 1, 3, 2) / jnp.sqrt(c // HEADS)
    scores = jnp.where(jnp.tril(jnp.ones((t, t), bool)), scores, -jnp.inf)
    mixed = jax.nn.softmax(scores, axis=-1) @ v
    return dense(p["out"], mixed.transpose(0, 2, 1, 3).reshape(n, t, c))


def feed_forward(p, x):
    """Return the two layers with a gelu between them."""
    return dense(p["down"], jax.nn.gelu(dense(p["up"], x), approximate=False))


def jax_loss(model, ids, y):
    """Return the mean over all tokens."""
    x = model["token"]["embedding"][ids] + model["place"]["embedding"][: ids.shape[1]]
    for block in model["blocks"]:
        x = x + attention(block, layer_norm(block["norm1"], x))
        x = x + feed_forward(block, layer_norm(block["norm2"], x))
    logits = layer_norm(model["norm"], x) @ model["head"]["kernel"]
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[..., None], -1).mean()
