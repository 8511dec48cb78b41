def params(m):
    return m.params


def run(m, params):
    return m.contrastive(params, m.x)


def torch_loss(m, p):
    import torch

    d = ((p["a"] - p["b"]) ** 2).sum(1)
    same = torch.tensor(m.x)
    return (same * d + (1 - same) * (m.margin - d).clamp(min=0)).sum() / 12
