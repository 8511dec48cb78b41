import numpy as np

key = np.random.default_rng(33)
params = [
    {"w": key.normal(size=(5, 3)), "b": key.normal(size=(5,))},
    {"w": key.normal(size=(2, 5)), "b": key.normal(size=(2,))},
]
x = key.normal(size=(3, 7))
y = key.normal(size=(2, 7))


def manual_grad(params, x, y):
    h1 = params[0]["w"] @ x + params[0]["b"][:, None]
    a1 = np.maximum(h1, 0)
    h2 = params[1]["w"] @ a1 + params[1]["b"][:, None]
    loss = np.mean((h2 - y) ** 2)
    d_h2 = 2 * (h2 - y) / y.size
    d_w2 = d_h2 @ a1.T
    d_b2 = np.sum(d_h2, axis=1)
    d_h1 = (params[1]["w"].T @ d_h2) * (h1 > 0)
    d_w1 = d_h1 @ x.T
    d_b1 = np.mean(d_h1, axis=1)
    return loss, [{"w": d_w1, "b": d_b1}, {"w": d_w2, "b": d_b2}]
