def params(m):
    return {"q": m.params}


def run(m, params):
    loss, grad = m.pose_error(params["q"], m.x)
    return loss, {"q": grad}


def torch_loss(m, p):
    import torch

    x, y, phi = p["q"]
    c, s, o = torch.cos(phi / 2), torch.sin(phi / 2), torch.zeros((), dtype=torch.float64)
    pose = torch.stack([c, o, o, s, o, (x * c + y * s) / 2, (y * c - x * s) / 2, o])
    return 0.5 * ((pose - torch.tensor(m.x)) ** 2).sum()
