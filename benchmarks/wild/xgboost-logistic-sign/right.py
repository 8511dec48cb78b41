import numpy as np

p0 = np.random.default_rng(3)
f = p0.normal(size=7)
y = p0.integers(0, 2, 7).astype(float)


class LogisticLoss:
    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def loss(self, y, y_pred):
        p = self.sigmoid(y_pred)
        return np.sum(-(y * np.log(p) + (1 - y) * np.log(1 - p)))

    def gradient(self, y, y_pred):
        p = self.sigmoid(y_pred)
        return -(y - p)


objective = LogisticLoss()


def cost(f, y):
    return objective.loss(y, f)


def grad(f, y):
    return objective.gradient(y, f)
