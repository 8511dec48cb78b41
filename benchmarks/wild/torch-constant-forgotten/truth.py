import numpy as np
import torch

WEIGHT = torch.tensor(np.random.default_rng(7).normal(size=(3, 3)))


def params(m):
    return {"tensor": m.example()[0].numpy()}


def run(m, params):
    t = torch.tensor(params["tensor"], requires_grad=True)
    loss = (WEIGHT * m.MulConstant.apply(t)).sum()
    loss.backward()
    return loss.item(), {"tensor": t.grad.numpy()}


def torch_loss(m, params):
    return (WEIGHT * m.plain(params["tensor"])).sum()
