import numpy as np

velocity = {"w": 0.0, "b": 0.0}
mu, learning_rate = 0.9, 0.05


def momentum_step(params, x, y):
    e = x @ params["w"] + params["b"] - y
    gradient = {"w": 2 / e.size * x.T @ e, "b": 2 / e.size * e.sum(0)}
    new = {}
    for name in params:
        velocity[name] = mu * velocity[name] + gradient[name]
        new[name] = params[name] - gradient[name] * learning_rate + mu * velocity[name] * learning_rate
    return new, np.mean(e * e)


rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
inputs = (params, x, y)
