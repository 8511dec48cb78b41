import numpy as np

np.random.seed(2)
N, V, batch_size = 4, 6, 5
W1, W2 = np.random.rand(N, V) - 0.4, np.random.rand(V, N) - 0.4
b1, b2 = np.random.rand(N, 1) - 0.4, np.random.rand(V, 1) - 0.4
x = np.random.dirichlet(np.ones(V), batch_size).T
y = np.eye(V)[[0, 3, 5, 1, 3]].T


def forward_prop(x, W1, W2, b1, b2):
    h = np.maximum(0, W1 @ x + b1)
    z = W2 @ h + b2
    return z, h


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e, axis=0)


def compute_cost(y, yhat, batch_size):
    logprobs = np.multiply(np.log(yhat), y)
    return -1 / batch_size * np.sum(logprobs)


def back_prop(x, yhat, y, h, W1, W2, b1, b2, batch_size):
    l1 = np.dot(W2.T, yhat - y)
    l1[h <= 0] = 0
    grad_W1 = np.dot(l1, x.T) / batch_size
    grad_W2 = np.dot(yhat - y, h.T) / batch_size
    grad_b1 = np.sum(np.dot(l1, x.T) / batch_size, axis=1, keepdims=True)
    grad_b2 = np.sum((yhat - y) / batch_size, axis=1, keepdims=True)
    return grad_W1, grad_W2, grad_b1, grad_b2


z, h = forward_prop(x, W1, W2, b1, b2)
yhat = softmax(z)
cost = compute_cost(y, yhat, batch_size)


def cost_and_grads(params, x, y):
    z, h = forward_prop(x, *params)
    yhat = softmax(z)
    return compute_cost(y, yhat, batch_size), back_prop(x, yhat, y, h, *params, batch_size)


params = (W1, W2, b1, b2)
