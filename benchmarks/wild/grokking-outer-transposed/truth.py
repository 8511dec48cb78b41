import torch


def params(m):
    return m.params


def run(m, params):
    return m.neural_network(params, m.x, m.y)


def torch_loss(m, p):
    return 0.5 * ((p["weights"] @ torch.tensor(m.x, dtype=torch.float64) - torch.tensor(m.y, dtype=torch.float64)) ** 2).sum()
