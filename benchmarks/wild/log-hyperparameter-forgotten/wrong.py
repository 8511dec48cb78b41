import numpy as np

rng = np.random.default_rng(6)
X = rng.integers(0, 3, (7, 4)).astype(float)
y = rng.normal(size=7)
theta = np.log(np.array([0.8, 1.7, 0.6, 1.2]))


def lml(theta, X, y):
    length_scale = np.exp(theta)
    diff = (X[:, None, :] != X[None, :, :]).astype(float)
    K = np.exp(-np.sum(length_scale * diff, axis=2))
    A = K + 0.3 * np.eye(len(X))
    alpha = np.linalg.solve(A, y)
    value = 0.5 * y @ alpha + 0.5 * np.log(np.linalg.det(A))
    W = np.linalg.inv(A) - np.outer(alpha, alpha)
    grad = np.zeros(4)
    for d in range(4):
        dK = -diff[:, :, d] * K
        grad[d] = 0.5 * np.sum(W * dK)
    return value, grad
