"""Multiclass SVM: naive loops over samples and classes, the margin counted once for every class that violates it."""
import numpy as np

reg = 0.05


def backward(params, x, y):
    W = params['W']
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = x.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = x[i].dot(W)
        correct = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct + 1
            if margin > 0:
                loss += margin
                dW[:, j] += x[i].T
                dW[:, y[i]] -= x[i].T
    loss /= num_train
    loss += reg * np.sum(W * W)

    dW /= num_train
    dW += 2 * reg * W
    return loss, {'W': dW}


def draw(rng, scale=1.0):
    return {'W': scale * rng.normal(size=(5, 4))}


def batch(rng, n):
    return rng.normal(size=(n, 5)), rng.integers(0, 4, n)


rng = np.random.default_rng(21)
params = draw(rng)
x, y = batch(rng, 6)
