import numpy as np

c = 1.5
rs = np.random.RandomState(37)
pred = rs.normal(size=9)
true = 4 * rs.normal(size=9)


def fair_loss(pred, true):
    x = true - pred
    return np.sum(c * c * (np.abs(x) / c - np.log(np.abs(x) / c + 1)))


def fair_grad(pred, true):
    x = true - pred
    den = np.abs(x) + c
    return -c * x / den
