import numpy as np

buf = {}


def sgd(params, x, y, lr=0.1, momentum=0.8):
    e = x @ params["w"] + params["b"] - y
    d_p = {"w": 2 * x.T @ e / e.size, "b": 2 * e.sum(0) / e.size}
    out = {}
    for n in params:
        buf[n] = momentum * buf.get(n, 0.0) + d_p[n]
        out[n] = params[n] - lr * (d_p[n] + momentum * buf[n])
    return out, (e**2).mean()


rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
inputs = (params, x, y)
