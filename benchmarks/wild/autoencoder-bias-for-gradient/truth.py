import numpy as np
import torch

COUNT = 3
gen = np.random.default_rng(9)
x = gen.normal(size=(5, 4))
first = {"W1": gen.normal(size=(3, 4)), "b1": gen.normal(size=(3, 1)), "W2": gen.normal(size=(4, 3)), "b2": gen.normal(size=(4, 1))}


def start():
    return first


def steps(m):
    params, found = {n: p.copy() for n, p in m.params.items()}, []
    for _ in range(COUNT):
        params = m.minibatch(params, m.x, m.y)[0]
        found.append({n: p.copy() for n, p in params.items()})
    return found


def reference():
    leaves = {n: torch.tensor(p, requires_grad=True) for n, p in first.items()}
    rule, found, t = torch.optim.SGD(leaves.values(), lr=0.05, momentum=0.8), [], torch.tensor(x)
    for _ in range(COUNT):
        rule.zero_grad()
        out = torch.tanh(t @ leaves["W1"].T + leaves["b1"].T) @ leaves["W2"].T + leaves["b2"].T
        (0.5 * ((out - t) ** 2).sum() / 5).backward()
        rule.step()
        found.append({n: p.detach().numpy().copy() for n, p in leaves.items()})
    return found
