import torch


def params(m):
    return m.params


def run(m, params):
    return m.both_ways(params, m.x, m.y)


def _over(x, wx, wh):
    h, out = torch.zeros(2, dtype=torch.float64), []
    for row in x:
        h = torch.tanh(row @ wx + h @ wh)
        out.append(h)
    return torch.stack(out)


def torch_loss(m, p):
    x = torch.tensor(m.x)
    left, right = _over(x, p["fx"], p["fh"]), _over(x.flip(0), p["bx"], p["bh"]).flip(0)
    both = left + right
    return 0.5 * ((torch.cat([both, both], 1) - torch.tensor(m.y)) ** 2).sum()
