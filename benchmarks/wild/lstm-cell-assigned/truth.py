import torch


def params(m):
    return m.params


def run(m, params):
    return m.unrolled(params, m.x, m.y)


def torch_loss(m, p):
    h = c = torch.zeros(3, dtype=torch.float64)
    cost = 0.0
    for x, y in zip(torch.tensor(m.x), torch.tensor(m.y)):
        i, f, o, g = (p["wx"] @ x + p["wh"] @ h + p["b"]).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        cost = cost + 0.5 * ((h - y) ** 2).sum()
    return cost
