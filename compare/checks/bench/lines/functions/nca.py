"""Neighbourhood components analysis: a linear map, softmax over other points, the expected number of right neighbours."""
import numpy as np


def backward(A, X, labels):
    N = X.shape[0]
    Z = X @ A.T
    diff = Z[:, None, :] - Z[None, :, :]
    dist = (diff ** 2).sum(axis=2)
    np.fill_diagonal(dist, np.inf)
    p = np.exp(dist.min(axis=1, keepdims=True) - dist)
    p = p / p.sum(axis=1, keepdims=True)
    same = labels[:, None] == labels[None, :]
    p_right = (p * same).sum(axis=1)
    loss = -p_right.sum()

    dp = -same.astype(float)
    ddist = -p * (dp - (p * dp).sum(axis=1, keepdims=True))
    ddiff = 2 * diff * ddist[:, :, None]
    dZ = ddiff.sum(axis=1) - ddiff.sum(axis=0)
    dA = dZ.T @ X
    return loss, dA


def torch_loss(A, X, labels):
    """The same loss on tensors: NumPy fills the diagonal of arrays alone."""
    Z = X @ A.T
    dist = ((Z[:, None, :] - Z[None, :, :]) ** 2).sum(dim=2) + X.new_tensor(1e30 * np.eye(len(X)))
    p = (-dist).softmax(dim=1)
    return -(p * (labels[:, None] == labels[None, :])).sum()


def draw(rng, scale=1.0):
    return scale * 0.5 * rng.normal(size=(2, 4))


def batch(rng, n):
    return rng.normal(size=(n + 2, 4)), np.arange(n + 2) % 3


rng = np.random.default_rng(16)
params = draw(rng)
x, y = batch(rng, 7)
