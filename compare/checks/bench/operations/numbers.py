"""The functions that kernels of the bench are written with, in torch and in jax: the same names and arguments."""

from types import SimpleNamespace
from typing import Any

import numpy as np


def torch_numbers() -> Any:
    """Return torch's."""
    import torch

    def scatter(shape: Any, rows: Any, values: Any, add: bool) -> Any:
        return torch.zeros(shape, dtype=values.dtype).index_put_((rows,), values, accumulate=add)

    return SimpleNamespace(
        exp=torch.exp,
        log=torch.log,
        tanh=torch.tanh,
        sqrt=torch.sqrt,
        sum=lambda a, axis=None, keep=False: a.sum() if axis is None else a.sum(axis, keepdim=keep),
        mean=lambda a, axis=None, keep=False: a.mean() if axis is None else a.mean(axis, keepdim=keep),
        top=lambda a: a.amax(-1, keepdim=True),
        turned=lambda a: a.transpose(-1, -2),
        stack=torch.stack,
        joined=lambda parts: torch.cat(parts, -1),
        pick=lambda a, rows: a[torch.arange(len(rows)), rows],
        one_hot=lambda rows, like: torch.nn.functional.one_hot(rows, like.shape[-1]).to(like.dtype),
        lower=lambda n: torch.tril(torch.ones(n, n, dtype=torch.bool)),
        where=lambda which, a, b: torch.where(which, a, torch.tensor(b, dtype=a.dtype)),
        zeros=torch.zeros_like,
        scatter=scatter,
        constant=lambda a, like: torch.from_numpy(a).to(like.dtype),
        up=lambda a: a.float() if a.dtype in (torch.float16, torch.bfloat16) else a,
        to=lambda a, like: a.to(like.dtype),
    )


def jax_numbers() -> Any:
    """Return jax's."""
    import jax
    import jax.numpy as jnp

    def scatter(shape: Any, rows: Any, values: Any, add: bool) -> Any:
        at = jnp.zeros(shape, values.dtype).at[rows]
        return at.add(values) if add else at.set(values)

    return SimpleNamespace(
        exp=jnp.exp,
        log=jnp.log,
        tanh=jnp.tanh,
        sqrt=jnp.sqrt,
        sum=lambda a, axis=None, keep=False: a.sum(axis, keepdims=keep),
        mean=lambda a, axis=None, keep=False: a.mean(axis, keepdims=keep),
        top=lambda a: jax.lax.stop_gradient(a.max(-1, keepdims=True)),
        turned=lambda a: jnp.swapaxes(a, -1, -2),
        stack=jnp.stack,
        joined=lambda parts: jnp.concatenate(parts, -1),
        pick=lambda a, rows: a[jnp.arange(len(rows)), rows],
        one_hot=lambda rows, like: jax.nn.one_hot(rows, like.shape[-1], dtype=like.dtype),
        lower=lambda n: jnp.tril(jnp.ones((n, n), bool)),
        where=lambda which, a, b: jnp.where(which, a, jnp.asarray(b, a.dtype)),
        zeros=jnp.zeros_like,
        scatter=scatter,
        constant=lambda a, like: jnp.asarray(a, like.dtype),
        up=lambda a: a.astype(np.float32) if a.dtype.itemsize == 2 else a,
        to=lambda a, like: a.astype(like.dtype),
    )
