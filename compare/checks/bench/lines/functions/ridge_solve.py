"""Linear solve: validation error of ridge regression, gradient through np.linalg.solve by the adjoint system."""
import numpy as np


def backward(params, x, y):
    log_lam, scale = params['log_lam'], params['scale']
    n = len(x) // 2
    Xt, Xv = x[:n], x[n:]
    yt, yv = y[:n], y[n:]
    lam = np.exp(log_lam)
    S = Xt * scale
    A = S.T @ S + np.diag(lam)
    rhs = S.T @ yt
    w = np.linalg.solve(A, rhs)
    V = Xv * scale
    res = V @ w - yv
    loss = 0.5 * res @ res / len(res)

    d_res = res / len(res)
    d_w = V.T @ d_res
    d_V = np.outer(d_res, w)
    u = np.linalg.solve(A.T, d_w)             # adjoint
    d_rhs = u
    d_A = -np.outer(u, w)
    d_lam = np.diag(d_A)
    d_S = S @ (d_A + d_A.T) + np.outer(yt, d_rhs)
    d_scale = np.sum(d_S * Xt, axis=0) + np.sum(d_V * Xv, axis=0)
    return loss, {
        'log_lam': d_lam * lam,
        'scale': d_scale,
    }


def draw(rng, scale=1.0):
    return {'log_lam': np.tanh(scale * rng.normal(size=4)), 'scale': np.exp(0.5 * np.tanh(scale * rng.normal(size=4)))}


def batch(rng, n):
    n = max(n, 2)
    return rng.normal(size=(n, 4)), rng.normal(size=n)


rng = np.random.default_rng(42)
params = draw(rng)
x, y = batch(rng, 14)
