"""Neural ODE: Euler steps of a small network with time as an input, discrete adjoint, the penalty on the speed adds to it."""
import numpy as np

STEPS, DT, PENALTY = 6, 0.2, 0.1


def f(z, t, theta):
    a = np.tanh(z @ theta['W'] + t * theta['c'] + theta['b'])
    return a @ theta['V'], a


def f_vjp(adj, z, t, a, theta, out):
    """Add the gradients of one step to `out`; return the adjoint of z."""
    out['V'] += a.T @ adj
    da = adj @ theta['V'].T
    dpre = da * (1 - a ** 2)
    out['W'] += z.T @ dpre
    out['c'] += t * dpre.sum(axis=0)
    out['b'] += dpre.sum(axis=0)
    return dpre @ theta['W'].T


def backward(params, x, y):
    n = x.shape[0]
    zs, acts, speeds = [x], [], []
    speed_cost = 0.0
    for k in range(STEPS):
        v, a = f(zs[-1], k * DT, params)
        zs.append(zs[-1] + DT * v)
        acts.append(a)
        speeds.append(v)
        speed_cost += PENALTY * DT * np.sum(v ** 2) / n
    loss = np.sum((zs[-1] - y) ** 2) / (2 * n) + speed_cost

    grads = {k: np.zeros_like(v) for k, v in params.items()}
    adjoint = (zs[-1] - y) / n
    for k in reversed(range(STEPS)):
        adj_v = DT * adjoint + 2 * PENALTY * DT * speeds[k] / n
        adjoint = adjoint + f_vjp(adj_v, zs[k], k * DT, acts[k], params, grads)
    return loss, grads


def draw(rng, scale=1.0):
    return {'W': scale * rng.normal(size=(2, 4)), 'c': scale * rng.normal(size=4), 'b': scale * rng.normal(size=4),
            'V': scale * rng.normal(size=(4, 2))}


def batch(rng, n):
    return rng.normal(size=(n, 2)), rng.normal(size=(n, 2))


rng = np.random.default_rng(35)
params = draw(rng)
x, y = batch(rng, 4)
