import numpy as np


class Adam:
    def __init__(self, learning_rate=0.01, b1=0.9, b2=0.999):
        self.learning_rate, self.eps = learning_rate, 1e-8
        self.b1, self.b2 = b1, b2
        self.m = {}
        self.v = {}
        self.t = 0

    def update(self, weights, gradients):
        self.t += 1
        new = {}
        for key, g in gradients.items():
            m = self.b1 * self.m.get(key, 0.0) + (1 - self.b1) * g
            v = self.b2 * self.v.get(key, 0.0) + (1 - self.b2) * g**2
            self.m[key], self.v[key] = m, v
            m_hat = m / (1 - self.b1**self.t)
            v_hat = v / (1 - self.b2**self.t)
            new[key] = weights[key] - self.learning_rate * m_hat / (np.sqrt(v_hat) + self.eps)
        return new


optimizer = Adam()


def train_step(params, x, y):
    error = x @ params["w"] + params["b"] - y
    loss = np.mean(error**2)
    gradients = {"w": 2 * x.T @ error / error.size, "b": 2 * error.sum(axis=0) / error.size}
    return optimizer.update(params, gradients), loss


rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
inputs = (params, x, y)
