import torch


def params(m):
    return m.params


def run(m, params):
    return m.loss_and_grads(params, m.x, m.y)


def torch_loss(m, p):
    h = c = torch.zeros(3, 1, dtype=torch.float64)
    loss = 0.0
    for x, y in zip(torch.tensor(m.x), m.y):
        f, i, o, g = (p["W"] @ torch.cat([x[:, None], h]) + p["b"]).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        loss = loss + 0.5 * ((p["V"] @ h).squeeze() - y) ** 2
    return loss
