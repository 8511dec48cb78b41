import numpy as np
import torch


def start():
    r = np.random.default_rng(11)
    return {"hidden": r.normal(size=(3, 3)), "output": r.normal(size=(2, 4))}


def steps(m):
    p, found = {n: v.copy() for n, v in m.params.items()}, []
    for _ in range(2):
        p = m.backpropagate(p, m.x, m.y)
        p = p[0] if isinstance(p, tuple) else p
        found.append({n: np.array(v) for n, v in p.items()})
    return found


def reference():
    leaves = {n: torch.tensor(v, requires_grad=True) for n, v in start().items()}
    rule, found = torch.optim.SGD(leaves.values(), lr=1.0), []
    x, y, one = torch.tensor([0.6, -0.9], dtype=torch.float64), torch.tensor([1.0, 0.0], dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    for _ in range(2):
        rule.zero_grad()
        h = torch.sigmoid(leaves["hidden"] @ torch.cat([x, one]))
        out = torch.sigmoid(leaves["output"] @ torch.cat([h, one]))
        (0.5 * ((out - y) ** 2).sum()).backward()
        rule.step()
        found.append({n: v.detach().numpy().copy() for n, v in leaves.items()})
    return found
