import numpy as np

rng = np.random.default_rng(101)
X = np.c_[np.ones(9), rng.normal(size=(9, 2))]
y = rng.integers(0, 2, 9)
param = rng.normal(size=3)


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def cost(param, X, y):
    y_pred = sigmoid(X.dot(param))
    return -np.mean(y * np.log(y_pred) + (1 - y) * np.log(1 - y_pred)) + 0.05 * param.dot(param)


def gradient(param, X, y):
    y_pred = sigmoid(X.dot(param))
    return -(y - y_pred).dot(X) / len(y) + 0.1 * param
