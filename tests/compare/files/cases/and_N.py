import numpy as np

u, v = np.array([[0.4]]), np.array([[-0.7]])
params = {"u": u, "v": v, "c": np.array([0.2]), "d": np.array([0.1])}
x, y = np.linspace(0.1, 1.0, 9).reshape(9, 1), np.array([[1, 0, 0, 1, 1, 0, 1, 0, 0]]).T


def squash(z):
    return 1 / (1 + np.exp(-z))


def scalar_net(params, x, y):
    h = squash(x @ params["u"] + params["c"])
    o = squash(h @ params["v"] + params["d"])
    go = 2 * (o - y)
    gh = go @ params["v"].T
    so, sh = o * (1 - o), h * (1 - h)
    grads = {"u": (gh * sh).sum() * params["u"], "v": (go * so).sum() * params["v"]}
    return ((o - y) ** 2).sum(), grads | {"c": (gh * sh).sum(0), "d": (go * so).sum(0)}
