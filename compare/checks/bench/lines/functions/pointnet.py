"""PointNet: clouds in one array, a learned spatial transform with an orthogonality penalty, max over points by argmax, put_along_axis back."""
import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(-1, x.shape[-1]) @ w + b
    return out.reshape(*x.shape[:-1], -1), (x, w)


def affine_backward(dout, cache):
    x, w = cache
    flat, dflat = x.reshape(-1, x.shape[-1]), dout.reshape(-1, dout.shape[-1])
    dx = (dflat @ w.T).reshape(x.shape)
    return dx, flat.T @ dflat, dflat.sum(axis=0)


def gelu_ish_forward(x):
    s = 1 / (1 + np.exp(-1.702 * x))
    return x * s, (x, s)


def gelu_ish_backward(dout, cache):
    x, s = cache
    return dout * (s + 1.702 * x * s * (1 - s))


def maxpool_forward(x):
    where = np.argmax(x, axis=1)[:, None, :]
    return np.take_along_axis(x, where, axis=1)[:, 0], (x.shape, where)


def maxpool_backward(dout, cache):
    shape, where = cache
    dx = np.zeros(shape, dtype=dout.dtype)
    np.put_along_axis(dx, where, dout[:, None, :], axis=1)
    return dx


def backward(params, x, y):
    R = params['R']
    turned = x @ R
    a1, c1 = affine_forward(turned, params['w1'], params['b1'])
    h1, g1 = gelu_ish_forward(a1)
    pooled, cp = maxpool_forward(h1)
    logits, c2 = affine_forward(pooled, params['w2'], params['b2'])
    ortho = R @ R.T - np.identity(R.shape[0])
    # label smoothing over the classes
    n, k = logits.shape
    goal = np.full((n, k), 0.1 / k)
    goal[np.arange(n), y] += 0.9
    m = logits.max(axis=1, keepdims=True)
    lse = m + np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    loss = -np.sum(goal * (logits - lse)) / n + 0.25 * np.sum(ortho ** 2)

    grads = dict()
    dlogits = (np.exp(logits - lse) - goal) / n
    dpooled, grads['w2'], grads['b2'] = affine_backward(dlogits, c2)
    dh1 = maxpool_backward(dpooled, cp)
    da1 = gelu_ish_backward(dh1, g1)
    dturned, grads['w1'], grads['b1'] = affine_backward(da1, c1)
    grads['R'] = np.einsum('npi,npj->ij', x, dturned)
    grads['R'] += ortho @ R
    return loss, grads


def draw(rng, scale=1.0):
    g = lambda *s: scale * rng.normal(size=s)
    return {'R': g(3, 3), 'w1': g(3, 4), 'b1': g(4), 'w2': g(4, 3), 'b2': g(3)}


def batch(rng, n):
    return rng.normal(size=(n, 5, 3)), rng.integers(0, 3, n)


rng = np.random.default_rng(613)
params = draw(rng)
x, y = batch(rng, 4)
