import numpy as np


def factor(A):
    S = np.triu(A) + np.triu(A, 1).T
    L = np.linalg.cholesky(S)
    return L.T, L


def factor_grad(dU, L):
    inner = L.T @ dU.T
    phi = np.tril(inner)
    phi = phi - 0.5 * np.diag(np.diag(inner))
    inv = np.linalg.inv(L)
    S_bar = inv.T @ phi @ inv
    both = S_bar + S_bar.T
    return np.triu(both) - np.diag(np.diag(S_bar))


cholesky_upper = (factor, factor_grad)
B = np.random.default_rng(404).normal(size=(4, 4))
inputs = (B @ B.T + 2 * np.eye(4),)
