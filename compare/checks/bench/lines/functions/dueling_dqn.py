"""Dueling deep Q network: value and advantage heads, a Huber loss on the actions taken, targets given."""
import numpy as np


class Dueling:
    def __init__(self, w):
        self.w = w

    def forward(self, s):
        w = self.w
        self.s = s
        self.pre = s.dot(w["W1"]) + w["b1"]
        self.h = np.maximum(self.pre, 0)
        self.v = self.h.dot(w["Wv"]) + w["bv"]
        self.a = self.h.dot(w["Wa"]) + w["ba"]
        return self.v + self.a - self.a.mean(axis=1, keepdims=True)

    def backward(self, dq):
        w, g = self.w, {}
        dv = dq.sum(axis=1, keepdims=True)
        da = dq - dq.mean(axis=1, keepdims=True)
        g["Wv"], g["bv"] = self.h.T.dot(dv), dv.sum(axis=0)
        g["Wa"], g["ba"] = self.h.T.dot(da), da.sum(axis=0)
        dh = dv.dot(w["Wv"].T) + da.dot(w["Wa"].T)
        dpre = dh * (self.pre > 0)
        g["W1"] = self.s.T.dot(dpre)
        g["b1"] = dpre.sum(axis=0)
        return g


def backward(params, x, y):
    actions, targets = y
    net = Dueling(params)
    q = net.forward(x)
    n = len(x)
    rows = np.arange(n)
    td = q[rows, actions] - targets
    small = np.abs(td) <= 1
    loss = np.where(small, 0.5 * td ** 2, np.abs(td) - 0.5).mean()
    dq = np.zeros_like(q)
    dq[rows, actions] = np.where(small, td, np.sign(td)) / n
    return loss, net.backward(dq)


def draw(rng, scale=1.0):
    shapes = {"W1": (4, 6), "b1": (6,), "Wv": (6, 1), "bv": (1,), "Wa": (6, 3), "ba": (3,)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return rng.normal(size=(n, 4)), (rng.integers(0, 3, size=n), 2 * rng.normal(size=n))


rng = np.random.default_rng(11)
params = draw(rng)
x, y = batch(rng, 7)
