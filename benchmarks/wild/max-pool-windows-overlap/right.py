import numpy as np


def pool(x):
    k, s = 3, 1
    n = (x.shape[1] - k) // s + 1
    index = np.stack([x[:, i * s : i * s + k].argmax(axis=1) + i * s for i in range(n)], axis=1)
    return np.take_along_axis(x, index, axis=1), (x.shape, index)


def pool_back(d, cache):
    shape, index = cache
    dx = np.zeros(shape)
    for row in range(shape[0]):
        for column in range(index.shape[1]):
            dx[row, index[row, column]] += d[row, column]
    return dx


maxpool = (pool, pool_back)
inputs = (np.random.default_rng(12).normal(size=(3, 7)),)
