import numpy as np

WEIGHT = np.random.default_rng(7).normal(size=(3, 4))


def params(m):
    return {"inputs": m.inputs[0]}


def run(m, params):
    out, kept = m.forward(params["inputs"])
    return (WEIGHT * out).sum(), {"inputs": m.backward(WEIGHT, kept)}


def torch_loss(m, p):
    import torch

    return (torch.tensor(WEIGHT) * torch.nn.functional.leaky_relu(p["inputs"], 0.01)).sum()
