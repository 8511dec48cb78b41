import numpy as np

rng = np.random.default_rng(8)
params = {"W": rng.normal(size=(3, 2))}
x, y = rng.normal(size=(25, 3)), rng.normal(size=(25, 2))
shuffling = np.random.default_rng(9)


def one_by_one(params, x, y):
    loss, grad = 0.0, np.zeros_like(params["W"])
    for i in shuffling.permutation(len(x)):
        e = x[i] @ params["W"] - y[i]
        loss += 0.5 * (e**2).sum()
        grad += np.outer(x[i], e)
    return loss, {"W": grad}
