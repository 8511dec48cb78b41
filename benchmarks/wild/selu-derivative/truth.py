def params(m):
    return m.params


def run(m, params):
    return m.network(params, m.x, m.y)


def torch_loss(m, p):
    import torch

    h = torch.nn.functional.selu(torch.tensor(m.x) @ p["W1"] + p["b1"])
    return 0.5 * ((h @ p["W2"] + p["b2"] - torch.tensor(m.y)) ** 2).sum(1).mean()
