def params(m):
    return m.params


def run(m, params):
    return m.objective(params, m.x, m.y)


def torch_loss(m, p):
    import torch

    out = torch.tensor(m.x) @ p["W"] + p["b"]
    return 0.5 * ((out - torch.tensor(m.y)) ** 2).sum() / 6 + 0.05 * (p["W"] ** 2).sum()
