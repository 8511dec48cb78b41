import numpy as np
import torch

WEIGHT = torch.tensor(np.random.default_rng(7).normal(size=(4, 5)))


def params(m):
    return {"z": m.example()[0].numpy()}


def run(m, params):
    z = torch.tensor(params["z"], requires_grad=True)
    loss = (WEIGHT * m.SoftMax.apply(z)).sum()
    loss.backward()
    return loss.item(), {"z": z.grad.numpy()}


def torch_loss(m, params):
    return (WEIGHT * m.plain(params["z"])).sum()
