"""Residual network: a list of blocks, the sum of branch and skip, columns as samples, gradients inserted at the front."""
import numpy as np


def relu(z):
    return np.maximum(0, z)


def block(x, A, B):
    u = A @ x
    v = relu(u)
    return x + B @ v, (x, u, v)


def block_backward(dout, cache, A, B):
    x, u, v = cache
    dB = dout @ v.T
    dv = B.T @ dout
    du = np.array(dv, copy=True)
    du[u <= 0] = 0
    dA = du @ x.T
    dx = A.T @ du + dout
    return dx, dA, dB


def backward(params, x, y):
    m = x.shape[1]
    caches = []
    a = x
    for A, B in params['blocks']:
        a, cache = block(a, A, B)
        caches.append(cache)
    yhat = params['w'].T @ a
    loss = 1 / (2 * m) * np.sum((yhat - y) ** 2)

    d = 1 / m * (yhat - y)
    dw = a @ d.T
    da = params['w'] @ d
    grads = []
    for (A, B), cache in zip(params['blocks'][::-1], caches[::-1]):
        da, dA, dB = block_backward(da, cache, A, B)
        grads.insert(0, [dA, dB])
    return loss, {'blocks': grads, 'w': dw}


def draw(rng, scale=1.0):
    return {'blocks': [[scale * rng.normal(size=(4, 4)) / 2, scale * rng.normal(size=(4, 4)) / 2] for _ in range(3)],
            'w': scale * rng.normal(size=(4, 1))}


def batch(rng, n):
    return rng.normal(size=(4, n)), rng.normal(size=(1, n))


rng = np.random.default_rng(25)
params = draw(rng)
x, y = batch(rng, 5)
