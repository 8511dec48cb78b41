import numpy as np

WEIGHT = np.random.default_rng(7).normal(size=2)


def params(m):
    return {"acts": m.inputs[0]}


def run(m, params):
    costs, cache = m.ctc_cost(params["acts"])
    return (WEIGHT * costs).sum(), {"acts": m.ctc_grad(WEIGHT, cache)}


def torch_loss(m, p):
    import itertools

    import torch

    total = 0.0
    for weight, acts, label in zip(WEIGHT, p["acts"], m.labels):
        likelihood = 0.0
        for path in itertools.product(range(3), repeat=4):
            if [k for k, _ in itertools.groupby(path) if k] == label:
                likelihood = likelihood + torch.exp(sum(acts[t, k] for t, k in enumerate(path)))
        total = total - weight * torch.log(likelihood)
    return total
