import torch


def params(m):
    pairs = zip(m.model.coefs, m.model.intercepts)
    return {f"{n}{i}": p for i, pair in enumerate(pairs) for n, p in zip("cb", pair)}


def run(m, params):
    m.model.coefs, m.model.intercepts = ([params[f"{n}{i}"] for i in range(3)] for n in "cb")
    loss, coefs, intercepts = m.model.loss_and_grads(m.X, m.y)
    return loss, {f"{n}{i}": g for n, gs in (("c", coefs), ("b", intercepts)) for i, g in enumerate(gs)}


def torch_loss(m, params):
    h = torch.tensor(m.X)
    for i in range(3):
        h = h @ params[f"c{i}"] + params[f"b{i}"]
        h = torch.relu(h) if i < 2 else h
    return ((h - torch.tensor(m.y)) ** 2).sum() / (2 * len(h))
