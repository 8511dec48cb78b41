import numpy as np


class RNN:
    def __init__(self, nx=2, nh=4, ny=2):
        r = np.random.RandomState(0)
        self.Wxh, self.Whh, self.Wyh = r.normal(0, 0.6, (nh, nx)), r.normal(0, 0.6, (nh, nh)), r.normal(0, 0.6, (ny, nh))
        self.Bxh, self.Byh = np.zeros(nh), np.zeros(ny)

    def forward(self, x):
        h = {-1: np.zeros(len(self.Bxh))}
        output = []
        for t in range(x.shape[1]):
            h[t] = np.tanh(self.Wxh @ x[:, t] + self.Whh @ h[t - 1] + self.Bxh)
            output.append(self.Wyh @ h[t] + self.Byh)
        return h, output

    def loss(self, x, y):
        _, output = self.forward(x)
        return 0.5 * sum(np.sum((output[t] - y[:, t]) ** 2) for t in range(x.shape[1]))

    def backward(self, x, y):
        h, output = self.forward(x)
        grads = {n: np.zeros_like(getattr(self, n)) for n in ("Wxh", "Whh", "Wyh", "Bxh", "Byh")}
        dL_ht = np.zeros(len(self.Bxh))
        for t in range(x.shape[1] - 1, -1, -1):
            dQ = output[t] - y[:, t]
            dL_ht = self.Wyh.T @ dQ + dL_ht
            dt = (1 - h[t] * h[t]) * dL_ht
            grads["Wyh"] += np.outer(dQ, h[t])
            grads["Byh"] += dQ
            grads["Wxh"] += np.outer(dt, x[:, t])
            grads["Whh"] += np.outer(dt, h[t - 1])
            grads["Bxh"] += dt
            dL_ht = self.Whh.T @ dt
        return grads


rnn = RNN()
x = np.random.RandomState(1).normal(size=(2, 4))
y = np.random.RandomState(2).normal(size=(2, 4))
