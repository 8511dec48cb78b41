import numpy as np

rng = np.random.default_rng(5)
WORDS = 6
params = rng.normal(size=(2 * WORDS, 3))
x, y = [2, 5, 1, 2, 5], [[1], [0, 4], [2, 3], [4], [2]]


def neighbours(params, x, y):
    loss, grad = 0.0, np.zeros_like(params)
    for word, near in zip(x, y):
        inside, outside = np.zeros(3), np.zeros((WORDS, 3))
        for other in near:
            p = np.exp(params[WORDS:] @ params[word])
            p /= p.sum()
            loss -= np.log(p[other])
            p[other] -= 1
            inside += params[WORDS:].T @ p
            outside += np.outer(p, params[word])
        grad[word] = inside
        grad[WORDS:] += outside
    return loss, grad
