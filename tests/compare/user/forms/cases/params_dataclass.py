from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Params:
    w_in: Array
    b_in: Array
    w_out: Array
    b_out: Array

    @classmethod
    def init(cls, rng: np.random.Generator, n_in: int, n_hid: int, n_out: int) -> Params:
        return cls(
            w_in=rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_hid)),
            b_in=np.zeros(n_hid),
            w_out=rng.normal(0, 1 / np.sqrt(n_hid), (n_hid, n_out)),
            b_out=np.zeros(n_out),
        )


@dataclass
class Cache:
    x: Array
    pre: Array
    act: Array
    out: Array


def swish(v: Array) -> Array:
    return v / (1 + np.exp(-v))


def swish_grad(v: Array) -> Array:
    s = 1 / (1 + np.exp(-v))
    return s + v * s * (1 - s)


def forward(params: Params, x: Array) -> tuple[Array, Cache]:
    pre = x @ params.w_in + params.b_in
    act = swish(pre)
    out = act @ params.w_out + params.b_out
    return out, Cache(x=x, pre=pre, act=act, out=out)


def mse(pred: Array, target: Array) -> float:
    return float(np.mean((pred - target) ** 2))


def backward(params: Params, cache: Cache, target: Array) -> Params:
    d_out = 2 * (cache.out - target) / target.size
    d_act = d_out @ params.w_out.T
    d_pre = d_act * swish_grad(cache.pre)
    return Params(
        w_in=cache.x.T @ d_pre,
        b_in=d_pre.sum(axis=0),
        w_out=cache.act.T @ d_out,
        b_out=d_out.sum(axis=0),
    )


def sgd(params: Params, grads: Params, lr: float) -> Params:
    return Params(
        w_in=params.w_in - lr * grads.w_in,
        b_in=params.b_in - lr * grads.b_in,
        w_out=params.w_out - lr * grads.w_out,
        b_out=params.b_out - lr * grads.b_out,
    )


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (64, 2))
    t = np.stack([np.sin(x[:, 0]) * x[:, 1], np.cos(x[:, 1])], axis=1)
    params = Params.init(rng, 2, 16, 2)
    for step in range(500):
        pred, cache = forward(params, x)
        loss = mse(pred, t)
        grads = backward(params, cache, t)
        params = sgd(params, grads, lr=0.05)
        if step % 100 == 0:
            print(f"{step:4d} {loss:.5f}")


if __name__ == "__main__":
    main()
