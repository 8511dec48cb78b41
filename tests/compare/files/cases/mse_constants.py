import numpy as np

SCALE = 1.0
rng = np.random.default_rng(6)
x, y = rng.normal(size=(8, 4)), rng.uniform(size=(8, 3))
params = {
    "W1": rng.normal(size=(4, 5)),
    "b1": rng.normal(size=(1, 5)),
    "W2": rng.normal(size=(5, 3)),
    "b2": rng.normal(size=(1, 3)),
}


def squash(z):
    return 1 / (1 + np.exp(-z))


def backward(params, x, y):
    h = squash(x @ params["W1"] + params["b1"])
    o = squash(h @ params["W2"] + params["b2"])
    delta2 = SCALE * (o - y) * o * (1 - o)
    delta1 = delta2 @ params["W2"].T * h * (1 - h)
    loss = np.mean((o - y) ** 2)
    grads = {"W1": x.T @ delta1, "b1": delta1.sum(0, keepdims=True)}
    return loss, grads | {"W2": h.T @ delta2, "b2": delta2.sum(0, keepdims=True)}
