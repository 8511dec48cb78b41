import jax
import numpy as np
import torch

WEIGHT = np.random.default_rng(7).normal(size=3)


def params(m):
    return {"x": np.array([0.3, -1.1, 2.0]), "y": np.array([1.5, 0.2, -0.8])}


def run(m, params):
    with jax.enable_x64(True):
        out, back = jax.vjp(m.f, *(jax.numpy.asarray(p) for p in params.values()))
        grads = back(jax.numpy.asarray(WEIGHT))
        return float((WEIGHT * out).sum()), {n: np.asarray(g) for n, g in zip(params, grads)}


def torch_loss(m, params):
    return (torch.tensor(WEIGHT) * torch.sin(params["x"]) * params["y"]).sum()
