"""Factorisation machine: pairwise term by the square-of-sum identity, logistic loss with labels -1 and 1, a class with state."""
import numpy as np


class FM:
    reg = 0.01

    def __init__(self, w0, w, V):
        self.w0, self.w, self.V = w0, w, V

    def predict(self, X):
        self.X = X
        self.XV = X @ self.V
        pair = 0.5 * np.sum(self.XV ** 2 - (X ** 2) @ (self.V ** 2), axis=1)
        return self.w0 + X @ self.w + pair

    def loss(self, X, y):
        self.margin = y * self.predict(X)
        penalty = self.reg * (np.sum(self.w ** 2) + np.sum(self.V ** 2))
        return np.mean(np.logaddexp(0.0, -self.margin)) + penalty

    def gradient(self, y):
        m = len(y)
        delta = -y / (1.0 + np.exp(self.margin)) / m
        g_w0 = delta.sum()
        g_w = delta @ self.X + 2 * self.reg * self.w
        g_V = np.zeros_like(self.V)
        for f in range(self.V.shape[1]):
            cross = self.X * self.XV[:, [f]]
            square = self.X ** 2 * self.V[:, f]
            g_V[:, f] = delta @ (cross - square)
        g_V += 2 * self.reg * self.V
        return {'w0': g_w0, 'w': g_w, 'V': g_V}


def backward(params, x, y):
    model = FM(params['w0'], params['w'], params['V'])
    loss = model.loss(x, y)
    return loss, model.gradient(y)


def draw(rng, scale=1.0):
    return {'w0': scale * rng.normal(), 'w': scale * rng.normal(size=5), 'V': scale * rng.normal(size=(5, 2))}


def batch(rng, n):
    return rng.normal(size=(n, 5)), rng.choice([-1, 1], size=n)


rng = np.random.default_rng(38)
params = draw(rng)
x, y = batch(rng, 7)
