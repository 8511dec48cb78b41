import numpy as np


class AdamState:
    moments = {}


def adam_apply_single(name, gradient, parameter, lr=0.02, b1=0.9, b2=0.999, eps=1e-8):
    m, v, t = AdamState.moments.get(name, (0.0, 0.0, 0))
    t = t + 1
    new_m = b1 * m + (1 - b1) * gradient
    new_v = b2 * v + (1 - b2) * np.square(gradient)
    AdamState.moments[name] = new_m, new_v, t
    return parameter - lr * (new_m / (1 - b1**t)) / (np.sqrt(new_v / (1 - b2**t)) + eps)


def update(params, x, y):
    residual = x @ params["w"] + params["b"] - y
    loss = (residual**2).mean()
    dw = 2.0 * x.T @ residual / residual.size
    db = 2.0 * residual.sum(axis=0) / residual.size
    return {"w": adam_apply_single("w", dw, params["w"]), "b": adam_apply_single("b", db, params["b"])}, loss


rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
inputs = (params, x, y)
