import numpy as np

rng = np.random.RandomState(9)
params = {"W": rng.randn(4, 3), "U": rng.randn(2, 4)}
x, y = rng.randn(3), rng.randn(2)


def f(v):
    return np.tanh(v)


def f_prime(v):
    return 1 - np.tanh(v) ** 2


def network(params, x, y):
    n1 = params["W"] @ x
    a1 = f(n1)
    n2 = params["U"] @ a1
    F = np.sum((y - n2) ** 2)
    s2 = -2 * (y - n2)
    s1 = f_prime(n1) * (params["U"].T @ s2)
    return F, {"W": np.outer(s1, x), "U": np.outer(s2, a1)}
