import numpy as np
V, H = 5, 4
rng = np.random.default_rng(0)
params = {"Wxh": rng.normal(size=(H, V)) * .4, "Whh": rng.normal(size=(H, H)) * .4, "Why": rng.normal(size=(V, H)) * .4, "bh": np.zeros((H, 1)), "by": np.zeros((V, 1))}
x, y = [0, 1, 3, 2], [1, 3, 2, 4]
def loss_and_grads(params, x, y):
    Wxh, Whh, Why, bh, by = params.values(); hs, ps, loss = {-1: np.zeros((H, 1))}, {}, 0
    for t in range(len(x)):
        hs[t] = np.tanh(Wxh[:, [x[t]]] + Whh @ hs[t - 1] + bh); s = Why @ hs[t] + by; ps[t] = np.exp(s) / np.exp(s).sum(); loss -= np.log(ps[t][y[t], 0])
    g = [np.zeros_like(p) for p in params.values()]; dn = np.zeros((H, 1))
    for t in reversed(range(len(x))):
        dy = ps[t].copy(); dy[y[t]] -= 1; g[2] += dy @ hs[t].T; g[4] += dy
        r = (1 - hs[t] ** 2) * (Why.T @ dy + dn); g[3] += r; g[0][:, [x[t]]] += r; g[1] += r @ hs[t - 1].T; dn = Whh.T @ r
    return loss, *g, hs[len(x) - 1]
