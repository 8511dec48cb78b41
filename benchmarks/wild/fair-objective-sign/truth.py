def params(m):
    return {"pred": m.pred}


def run(m, params):
    return m.fair_loss(params["pred"], m.true), {"pred": m.fair_grad(params["pred"], m.true)}


def torch_loss(m, p):
    import torch

    x = (torch.tensor(m.true) - p["pred"]).abs() / m.c
    return m.c**2 * (x - torch.log1p(x)).sum()
