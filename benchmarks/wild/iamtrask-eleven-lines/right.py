import numpy as np


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


np.random.seed(1)
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
y = np.array([[0, 1, 1, 0]], dtype=float).T
syn0 = 2 * np.random.random((3, 4)) - 1
syn1 = 2 * np.random.random((4, 1)) - 1

for step in range(60):
    l1 = nonlin(X @ syn0)
    l2 = nonlin(l1 @ syn1)
    loss = 0.5 * np.sum((l2 - y) ** 2)
    l2_delta = (l2 - y) * nonlin(l2, deriv=True)
    l1_delta = l2_delta @ syn1.T * nonlin(l1, deriv=True)
    dsyn1 = l1.T @ l2_delta
    dsyn0 = X.T @ l1_delta
    syn1 -= dsyn1
    syn0 -= dsyn0
