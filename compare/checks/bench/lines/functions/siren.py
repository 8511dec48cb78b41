"""SIREN: sine layers in a list of (W, b), a signal and its derivative by x fitted together, loops over layers."""
import numpy as np

OMEGA = 1.5


def backward(params, x, y):
    target, slope = y
    acts, dacts, zs, dzs = [x], [np.ones_like(x)], [], []
    for l, (W, b) in enumerate(params):
        pre = acts[-1] @ W + b
        dpre = dacts[-1] @ W
        zs.append(pre)
        dzs.append(dpre)
        if l < len(params) - 1:
            acts.append(np.sin(OMEGA * pre))
            dacts.append(OMEGA * np.cos(OMEGA * pre) * dpre)
    e1 = zs[-1] - target
    e2 = dzs[-1] - slope
    n = x.shape[0]
    loss = (np.sum(e1 ** 2) + np.sum(e2 ** 2)) / n

    grads = []
    g, gd = 2 * e1 / n, 2 * e2 / n
    for l in range(len(params) - 1, -1, -1):
        W, b = params[l]
        dW = acts[l].T @ g + dacts[l].T @ gd
        db = g.sum(axis=0)
        grads.insert(0, (dW, db))
        if l > 0:
            da, dd = g @ W.T, gd @ W.T
            s, c = np.sin(OMEGA * zs[l - 1]), np.cos(OMEGA * zs[l - 1])
            g = da * OMEGA * c - dd * OMEGA ** 2 * s * dzs[l - 1]
            gd = dd * OMEGA * c
    return loss, grads


def draw(rng, scale=1.0):
    sizes = (1, 4, 3, 1)
    return [(scale * rng.normal(size=(i, o)), scale * rng.normal(size=o)) for i, o in zip(sizes, sizes[1:])]


def batch(rng, n):
    x = rng.uniform(-1, 1, size=(n, 1))
    return x, (np.cos(2 * x), -2 * np.sin(2 * x))


rng = np.random.default_rng(19)
params = draw(rng)
x, y = batch(rng, 6)
