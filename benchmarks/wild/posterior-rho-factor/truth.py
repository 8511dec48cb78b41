def params(m):
    return {"params": m.params}


def run(m, params):
    p = params["params"]
    return m.logposterior(p, m.model, m.data), {"params": m.logpost_deriv(p, m.model, m.data)}


def torch_loss(m, params):
    import torch

    p = params["params"]
    rho, sigma = p.exp()
    r = torch.tensor(m.data) - rho * torch.tensor(m.model)
    return -0.5 * (r**2).sum() / sigma**2 - 5 * p[1] - 0.5 * (p**2).sum()
