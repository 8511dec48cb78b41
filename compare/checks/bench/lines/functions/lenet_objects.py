"""Layers as objects: strided convolution through einsum over patches, flatten, sigmoid, gradients as a dict on each layer."""
import numpy as np


class Conv:
    def __init__(self, K, stride):
        self.K, self.stride = K, stride

    def patches(self, x):
        k, s = self.K.shape[-1], self.stride
        n = (x.shape[-1] - k) // s + 1
        return np.stack([
            np.stack([x[:, :, i * s:i * s + k, j * s:j * s + k] for j in range(n)], axis=1) for i in range(n)
        ], axis=1)

    def forward(self, x):
        self.x = x
        self.p = self.patches(x)
        return np.einsum('nijckl,fckl->nfij', self.p, self.K)

    def backward(self, dout):
        self.grads = {'K': np.einsum('nfij,nijckl->fckl', dout, self.p)}
        dp = np.einsum('nfij,fckl->nijckl', dout, self.K)
        dx = np.zeros_like(self.x)
        k, s = self.K.shape[-1], self.stride
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                dx[:, :, i * s:i * s + k, j * s:j * s + k] += dp[:, i, j]
        return dx


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dout):
        return dout * self.y * (1.0 - self.y)


class Dense:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.shape, self.flat = x.shape, x.reshape(len(x), -1)
        return self.flat @ self.W

    def backward(self, dout):
        self.grads = {'W': self.flat.T @ dout}
        return (dout @ self.W.T).reshape(self.shape)


def backward(params, x, y):
    c1, c2, d = Conv(params['K1'], 1), Conv(params['K2'], 2), Dense(params['W'])
    net = [c1, Sigmoid(), c2, Sigmoid(), d]
    out = x
    for layer in net:
        out = layer.forward(out)
    diff = out - y
    loss, grad = 0.5 * np.sum(diff * diff) / len(x), diff / len(x)
    for layer in net[::-1]:
        grad = layer.backward(grad)
    return loss, {'K1': c1.grads['K'], 'K2': c2.grads['K'], 'W': d.grads['W']}


def draw(rng, scale=1.0):
    return {'K1': scale * rng.normal(size=(2, 1, 2, 2)), 'K2': scale * rng.normal(size=(2, 2, 2, 2)),
            'W': scale * rng.normal(size=(8, 2))}


def batch(rng, n):
    return rng.normal(size=(n, 1, 5, 5)), rng.normal(size=(n, 2))


rng = np.random.default_rng(45)
params = draw(rng)
x, y = batch(rng, 3)
