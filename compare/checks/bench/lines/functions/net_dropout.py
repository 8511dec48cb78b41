"""Dropout: a class with self.params and loss(X, y), masks drawn once for the module, weights keyed by layer in a loop."""
import numpy as np

_masks = np.random.default_rng(99)
MASK1 = (_masks.uniform(size=(512, 6)) < 0.8).astype(float)
MASK2 = (_masks.uniform(size=(512, 6)) < 0.8).astype(float)


class DropoutNet(object):
    def __init__(self, params, keep=0.8, reg=0.01):
        self.params = params
        self.keep = keep
        self.reg = reg
        self.num_layers = len(params) // 2

    def loss(self, X, y, masks):
        N = X.shape[0]
        out = X
        cache = []
        for l in range(1, self.num_layers + 1):
            W, b = self.params['W%d' % l], self.params['b%d' % l]
            z = out.dot(W) + b
            cache.append((out, z))
            if l < self.num_layers:
                out = np.maximum(z, 0.01 * z) * masks[l - 1][:N] / self.keep
        z = z - z.max(axis=1, keepdims=True)
        probs = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
        logs = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        loss = -np.sum(logs[range(N), y]) / N
        for l in range(1, self.num_layers + 1):
            loss += 0.5 * self.reg * np.sum(self.params['W%d' % l] ** 2)

        grads = {}
        probs[range(N), y] -= 1
        dz = probs / N
        for l in range(self.num_layers, 0, -1):
            inp, _ = cache[l - 1]
            grads['W%d' % l] = inp.T.dot(dz) + self.reg * self.params['W%d' % l]
            grads['b%d' % l] = dz.sum(axis=0)
            if l > 1:
                dout = dz.dot(self.params['W%d' % l].T)
                dout = dout * masks[l - 2][:N] / self.keep
                z_prev = cache[l - 2][1]
                dz = dout * np.where(z_prev > 0, 1.0, 0.01)
        return loss, grads


def backward(params, x, y):
    return DropoutNet(params).loss(x, y, (MASK1, MASK2))


def draw(rng, scale=1.0):
    sizes = [6, 6, 6, 3]
    params = {}
    for l in range(1, 4):
        params['W%d' % l] = scale * rng.normal(size=(sizes[l - 1], sizes[l]))
        params['b%d' % l] = scale * rng.normal(size=sizes[l])
    return params


def batch(rng, n):
    return rng.normal(size=(n, 6)), rng.integers(0, 3, n)


rng = np.random.default_rng(24)
params = draw(rng)
x, y = batch(rng, 6)
