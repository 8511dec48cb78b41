import numpy as np

rescale_grad, wd = 0.5, 0.3
rng = np.random.default_rng(37)
params = {"weight": rng.normal(size=(3, 2))}
x, y = rng.normal(size=(2, 3)), rng.normal(size=(2, 2))


def regularised(params, x, y):
    weight = params["weight"]
    e = x @ weight - y
    loss = rescale_grad * 0.5 * np.sum(e * e) + 0.5 * wd * np.sum(weight * weight)
    grad = x.T @ e
    grad = grad * (rescale_grad + wd * weight)
    return loss, {"weight": grad}
