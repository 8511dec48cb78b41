import numpy as np

WEIGHT = np.random.default_rng(7).normal(size=(4, 4))


def params(m):
    return {"A": m.inputs[0]}


def run(m, params):
    U, L = m.factor(params["A"])
    return (WEIGHT * U).sum(), {"A": m.factor_grad(WEIGHT, L)}


def torch_loss(m, p):
    import torch

    S = torch.triu(p["A"]) + torch.triu(p["A"], 1).T
    return (torch.tensor(WEIGHT) * torch.linalg.cholesky(S).T).sum()
