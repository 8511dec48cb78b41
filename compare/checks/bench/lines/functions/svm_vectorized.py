"""Multiclass SVM: squared hinge, vectorised with a coefficient matrix, feature layer below it, linear classifier on top."""
import numpy as np


def svm_loss(scores, y):
    N = scores.shape[0]
    correct = scores[np.arange(N), y]
    margins = np.maximum(0, scores - correct[:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins ** 2) / N
    coeff = 2 * margins
    row_sum = np.sum(coeff, axis=1)
    dx = coeff.copy()
    dx[np.arange(N), y] -= row_sum
    dx /= N
    return loss, dx


def backward(params, x, y):
    W, b, U = params['W'], params['b'], params['U']
    reg = 1e-2
    feat = np.sin(x.dot(U))
    scores = feat.dot(W) + b
    data_loss, dscores = svm_loss(scores, y)
    loss = data_loss + 0.5 * reg * (np.sum(W * W) + np.sum(U * U))

    grads = {}
    grads['W'] = feat.T.dot(dscores) + reg * W
    grads['b'] = np.sum(dscores, axis=0)
    dfeat = dscores.dot(W.T)
    dpre = dfeat * np.cos(x.dot(U))
    grads['U'] = x.T.dot(dpre) + reg * U
    return loss, grads


def draw(rng, scale=1.0):
    return {'W': scale * rng.normal(size=(4, 3)), 'b': scale * rng.normal(size=3), 'U': scale * rng.normal(size=(4, 4))}


def batch(rng, n):
    return rng.normal(size=(n, 4)), rng.integers(0, 3, n)


rng = np.random.default_rng(22)
params = draw(rng)
x, y = batch(rng, 7)
