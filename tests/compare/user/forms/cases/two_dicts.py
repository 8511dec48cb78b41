import numpy as np

np.random.seed(12)
W = {0: np.random.randn(4, 3), 1: np.random.randn(2, 4)}
b = {0: np.zeros((4, 1)), 1: np.zeros((2, 1))}
x = np.random.randn(3, 6)
y = np.eye(2)[:, [0, 1, 0, 1, 1, 0]]


def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def feedforward(W, b, x):
    z0 = W[0] @ x + b[0]
    a0 = np.log1p(np.exp(z0))
    z1 = W[1] @ a0 + b[1]
    return z0, a0, softmax(z1)


def cost_function(W, b, x, y):
    return -np.sum(y * np.log(feedforward(W, b, x)[2])) / x.shape[1]


def backprop(W, b, x, y):
    z0, a0, yhat = feedforward(W, b, x)
    m = x.shape[1]
    d1 = (yhat - y) / m
    d0 = W[1].T @ d1 / (1 + np.exp(-z0))
    dW = {1: d1 @ a0.T, 0: d0 @ x.T}
    db = {1: d1.sum(axis=1, keepdims=True), 0: d0.sum(axis=1, keepdims=True)}
    return dW, db
