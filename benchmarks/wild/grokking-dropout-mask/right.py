import numpy as np

rng = np.random.default_rng(6)
params = {"w01": rng.normal(size=(5, 8)) * 0.4, "w12": rng.normal(size=(8, 3)) * 0.4}
x = rng.random((4, 5))
y = np.eye(3)[[1, 0, 2, 1]]
dropout_mask = rng.integers(0, 2, (4, 8)).astype(float)


def step(params, x, y):
    hidden = np.tanh(x @ params["w01"])
    hidden = hidden * dropout_mask * 2
    out = hidden @ params["w12"]
    error = 0.5 * np.sum((out - y) ** 2)
    out_delta = out - y
    before = np.tanh(x @ params["w01"])
    hidden_delta = out_delta @ params["w12"].T * (1 - before**2)
    hidden_delta = hidden_delta * dropout_mask * 2
    return error, {"w01": x.T @ hidden_delta, "w12": hidden.T @ out_delta}
