import numpy as np


class SmoothL1Loss:
    def forward(self, pred, target, weights):
        self.diff = weights * (pred - target)
        self.weights = weights
        a = np.abs(self.diff)
        return np.where(a < 1, 0.5 * a * a, a - 0.5).sum() / len(pred)

    def backward(self):
        return self.weights * np.where(np.abs(self.diff) < 1, self.diff, np.sign(self.diff)) / len(self.diff)


bbox = SmoothL1Loss()


def head(params, x, y):
    pred = x @ params["W"] + params["b"]
    loss = bbox.forward(pred, y, np.array([1.0, 0.5, 2.0, 0.0]))
    d = bbox.backward()
    return loss, {"W": x.T @ d, "b": d.sum(0)}


rng = np.random.default_rng(0)
params = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=4)}
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 4))
