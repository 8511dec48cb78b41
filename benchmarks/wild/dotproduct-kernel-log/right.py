import numpy as np

rng = np.random.default_rng(2)
X = rng.normal(size=(6, 2))
y = rng.normal(size=6)
theta = np.array([0.3, -0.4])


def nll_and_grad(theta, X, y):
    sigma_0, noise = np.exp(theta)
    K = X @ X.T + sigma_0**2
    A = K + noise**2 * np.eye(len(X))
    L = np.linalg.cholesky(A)
    alpha = np.linalg.solve(A, y)
    value = 0.5 * y @ alpha + np.log(np.diag(L)).sum()
    K_gradient = 2 * sigma_0**2 * np.ones_like(K)
    noise_gradient = 2 * noise**2 * np.eye(len(X))
    W = np.linalg.inv(A) - np.outer(alpha, alpha)
    return value, np.array([0.5 * np.sum(W * K_gradient), 0.5 * np.sum(W * noise_gradient)])
