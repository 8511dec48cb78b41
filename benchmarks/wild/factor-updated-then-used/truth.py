import numpy as np
import torch

def start():
    import numpy as np
    g = np.random.default_rng(0)
    return {"P": g.normal(size=(3, 2)), "Q": g.normal(size=(4, 2))}


def steps(m):
    p, found = {n: v.copy() for n, v in m.params.items()}, []
    for _ in range(2):
        p = m.sgd(p, m.x, m.y)
        p = p[0] if isinstance(p, tuple) else p
        found.append({n: v.copy() for n, v in p.items()})
    return found


def reference():
    leaves = {n: torch.tensor(v, requires_grad=True) for n, v in start().items()}
    rule, found = torch.optim.SGD(leaves.values(), lr=0.05), []
    for _ in range(2):
        rule.zero_grad()
        e = 4.0 - leaves["P"][1] @ leaves["Q"][2]
        (0.5 * e**2 + 0.05 * ((leaves["P"][1] ** 2).sum() + (leaves["Q"][2] ** 2).sum())).backward()
        rule.step()
        found.append({n: v.detach().numpy().copy() for n, v in leaves.items()})
    return found
