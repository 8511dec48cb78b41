"""MLP-mixer block: tokens mixed, then channels, residuals and layer norms, a list of layers with forward and backward."""
import numpy as np


class Norm:
    def __init__(self, gamma):
        self.gamma = gamma

    def forward(self, x):
        mu = x.mean(axis=-1, keepdims=True)
        self.inv = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-2)
        self.xhat = (x - mu) * self.inv
        return self.gamma * self.xhat

    def backward(self, dy):
        self.grads = [np.sum(dy * self.xhat, axis=(0, 1))]
        dxhat = dy * self.gamma
        centred = dxhat - dxhat.mean(axis=-1, keepdims=True)
        return self.inv * (centred - self.xhat * np.mean(dxhat * self.xhat, axis=-1, keepdims=True))


class Mix:
    """A two-layer network over tokens (axis 1) or channels (axis 2), swish inside."""

    def __init__(self, W1, W2, tokens):
        self.W1, self.W2, self.tokens = W1, W2, tokens

    def turn(self, x):
        return x.transpose(0, 2, 1) if self.tokens else x

    def forward(self, x):
        self.x = self.turn(x)
        self.a = self.x @ self.W1
        self.s = 0.5 * (1 + np.tanh(self.a / 2))
        self.h = self.a * self.s
        return self.turn(self.h @ self.W2)

    def backward(self, dy):
        dy = self.turn(dy)
        dW2 = np.einsum("nij,nik->jk", self.h, dy)
        dh = dy @ self.W2.T
        da = dh * (self.s + self.a * self.s * (1 - self.s))
        dW1 = np.einsum("nij,nik->jk", self.x, da)
        self.grads = [dW1, dW2]
        return self.turn(da @ self.W1.T)


def backward(params, x, y):
    n1, t1, t2, n2, c1, c2, head = params
    blocks = [(Norm(n1), Mix(t1, t2, True)), (Norm(n2), Mix(c1, c2, False))]
    out = x
    for norm, mix in blocks:
        out = out + mix.forward(norm.forward(out))
    pooled = out.mean(axis=1)
    score = pooled @ head
    margin = y * score
    loss = np.mean(np.logaddexp(0, -margin))

    dscore = -y * 0.5 * (1 - np.tanh(margin / 2)) / len(y)
    dhead = pooled.T @ dscore
    dpooled = np.outer(dscore, head)
    dout = np.repeat(dpooled[:, None, :], out.shape[1], axis=1) / out.shape[1]
    grads = [dhead]
    for norm, mix in reversed(blocks):
        dout = dout + norm.backward(mix.backward(dout))
        grads = norm.grads + mix.grads + grads
    return loss, grads


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=s) for s in ((4,), (3, 5), (5, 3), (4,), (4, 6), (6, 4), (4,))]


def batch(rng, n):
    return rng.normal(size=(n, 3, 4)), np.where(rng.random(n) < 0.5, -1.0, 1.0)


rng = np.random.default_rng(70)
params = draw(rng)
x, y = batch(rng, 4)
