def params(m):
    return m.params


def run(m, params):
    return m.gradients(params, m.X, m.y)


def torch_loss(m, p):
    import torch

    out = torch.sigmoid(torch.sigmoid(torch.tensor(m.X) @ p["w0"]) @ p["w1"])
    return 0.5 * ((torch.tensor(m.y) - out) ** 2).sum()
