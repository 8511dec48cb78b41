import numpy as np

rng = np.random.default_rng(18)
X, t = rng.normal(size=(9, 3)), rng.normal(size=9)
theta = rng.normal(size=3)
lam = 0.3


def ridge(theta, X, t):
    residual = X @ theta - t
    return np.mean(residual**2) + lam * np.sum(theta**2)


def ridge_grad(theta, X, t):
    residual = X @ theta - t
    return 2 * X.T @ residual / len(t) + lam * theta
