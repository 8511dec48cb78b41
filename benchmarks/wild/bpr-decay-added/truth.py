import numpy as np
import torch


def start():
    rng = np.random.default_rng(17)
    return {"userMat": rng.normal(size=(3, 4)), "prodMat": rng.normal(size=(5, 4))}


def steps(m):
    p, found = {n: v.copy() for n, v in m.params.items()}, []
    for _ in range(2):
        p = m.sgd_step(p, m.x, m.y)[0]
        found.append({n: v.copy() for n, v in p.items()})
    return found


def reference():
    leaves = {n: torch.tensor(v, requires_grad=True) for n, v in start().items()}
    rule, found = torch.optim.SGD(leaves.values(), lr=0.1), []
    for _ in range(2):
        rule.zero_grad()
        u, i, j = leaves["userMat"][1], leaves["prodMat"][3], leaves["prodMat"][0]
        (-torch.nn.functional.logsigmoid(u @ i - u @ j) + 0.025 * (u @ u + i @ i + j @ j)).backward()
        rule.step()
        found.append({n: v.detach().numpy().copy() for n, v in leaves.items()})
    return found
