import numpy as np


class Network:
    def __init__(self):
        r = np.random.default_rng(45)
        self.w1, self.b1 = r.normal(size=(2, 6)), r.normal(size=6)
        self.w2, self.b2 = r.normal(size=6), np.array(0.1)
        self.keep = (r.random(6) > 0.3) / 0.7

    def loss(self, X, y):
        self.z = X @ self.w1 + self.b1
        self.h = np.maximum(0, self.z) * self.keep
        self.out = 1 / (1 + np.exp(-(self.h @ self.w2 + self.b2)))
        return -np.sum(y * np.log(self.out) + (1 - y) * np.log(1 - self.out))

    def backward(self, X, y):
        d_out = self.out - y
        self.dw2, self.db2 = self.h.T @ d_out, d_out.sum()
        d_h = np.outer(d_out, self.w2) * self.keep
        d_z = d_h * (self.z > 0)
        self.dw1, self.db1 = X.T @ d_z, d_z.sum(axis=0)


net = Network()
X = np.random.default_rng(46).normal(size=(5, 2))
y = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
