import numpy as np

WEIGHT = np.random.default_rng(7).normal(size=(5, 3))


def params(m):
    return {"A": m.inputs[0]}


def run(m, params):
    out, saved = m.take(params["A"])
    return (WEIGHT * out).sum(), {"A": m.untake(WEIGHT, saved)}


def torch_loss(m, p):
    import torch

    return (torch.tensor(WEIGHT) * p["A"][[0, 2, 2, 1, 2]]).sum()
