import numpy as np
import torch

WEIGHT = torch.tensor(np.random.default_rng(7).normal(size=(2, 3, 6)))


def params(m):
    x, weight = m.example()
    return {"x": x.numpy(), "weight": weight.numpy()}


def run(m, params):
    leaves = [torch.tensor(p, requires_grad=True) for p in params.values()]
    loss = (WEIGHT * m.RowRMSNorm.apply(*leaves)).sum()
    loss.backward()
    return loss.item(), {n: leaf.grad.numpy() for n, leaf in zip(params, leaves)}


def torch_loss(m, params):
    return (WEIGHT * m.plain(params["x"], params["weight"])).sum()
