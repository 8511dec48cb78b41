def params(m):
    return {"embedding": m.params}


def run(m, params):
    loss, gradient = m.divergence(params["embedding"], m.x)
    return loss, {"embedding": gradient}


def torch_loss(m, p):
    import torch

    e, x = p["embedding"], torch.tensor(m.x)
    off = ~torch.eye(6, dtype=torch.bool)
    kernel = 1 / (1 + ((e[:, None] - e[None]) ** 2).sum(2))
    q = kernel[off] / kernel[off].sum()
    return (x[off] * (x[off] / q).log()).sum()
