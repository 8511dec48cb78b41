import numpy as np

gamma = 3
draw = np.random.default_rng(30)
pred = draw.normal(size=8)
label = np.array([1, 0, 0, 1, 1, 0, 1, 0])


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def focal(pred, label):
    p = sigmoid(pred)
    return -np.sum(label * (1 - p) ** gamma * np.log(p) + (1 - label) * p**gamma * np.log(1 - p))


def focal_grad(pred, label):
    p = sigmoid(pred)
    sign = (-1.0) ** label
    g1 = p + label - 1
    g2 = label + sign * p
    g3 = 1 - label - sign * p
    return gamma * g1 * g2**gamma * np.log(g3) + sign * g2 ** (gamma + 1)
