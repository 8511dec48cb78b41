import numpy as np

gen = np.random.default_rng(64)
params = {"w": gen.normal(size=(3, 3)), "b": gen.normal(size=3)}
x, y = gen.normal(size=(8, 3)), gen.normal(size=(8, 3))
microbatch = 4


def forward_backward(params, x, y):
    losses = (x @ params["w"] + params["b"] - y) ** 2
    loss = losses.mean()
    grads = {"w": np.zeros((3, 3)), "b": np.zeros(3)}
    for i in range(0, len(x), microbatch):
        micro, cond = x[i : i + microbatch], y[i : i + microbatch]
        diff = micro @ params["w"] + params["b"] - cond
        scale = 2.0 / diff.size * microbatch / len(x)
        grads["w"] += scale * micro.T @ diff
        grads["b"] += scale * diff.sum(axis=0)
    return loss, grads
