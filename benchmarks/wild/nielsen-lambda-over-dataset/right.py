import numpy as np

lmbda, n = 5.0, 50
rng = np.random.default_rng(15)
params = {"w": rng.normal(size=(3, 4)), "b": rng.normal(size=(3, 1))}
x = rng.random((4, 10))
y = np.eye(3)[rng.integers(0, 3, 10)].T


def mini_batch(params, x, y):
    a = 1.0 / (1.0 + np.exp(-(params["w"] @ x + params["b"])))
    cost = np.mean(np.sum(-y * np.log(a) - (1 - y) * np.log(1 - a), axis=0))
    cost += 0.5 * (lmbda / n) * np.linalg.norm(params["w"]) ** 2
    delta = a - y
    nabla_w = delta @ x.T / x.shape[1] + (lmbda / n) * params["w"]
    nabla_b = delta.sum(axis=1, keepdims=True) / x.shape[1]
    return cost, {"w": nabla_w, "b": nabla_b}
