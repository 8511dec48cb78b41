import numpy as np

STEP, MU = 0.05, 0.8
velocity = {}


def feed_forward(X, W1, b1, W2, b2):
    H = np.tanh(X @ W1.T + b1.T)
    return H, H @ W2.T + b2.T


def feed_backward(X, H, Yhat, W2):
    E = (Yhat - X) / len(X)
    W2_grad = E.T @ H
    b2_grad = E.sum(axis=0)[:, None]
    DH = (E @ W2) * (1 - H**2)
    W1_grad = DH.T @ X
    b1_grad = DH.sum(axis=0)[:, None]
    return W1_grad, b1_grad, W2_grad, b2_grad


def minibatch(params, x, y):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    H, Yhat = feed_forward(x, W1, b1, W2, b2)
    loss = 0.5 * np.sum((Yhat - x) ** 2) / len(x)
    W1_grad, b1_grad, W2_grad, b2_grad = feed_backward(x, H, Yhat, W2)
    upd_W1 = MU * velocity.get("W1", 0.0) - STEP * W1_grad
    upd_b1 = MU * velocity.get("b1", 0.0) - STEP * b1_grad
    upd_W2 = MU * velocity.get("W2", 0.0) - STEP * W2_grad
    upd_b2 = MU * velocity.get("b2", 0.0) - STEP * b2_grad
    velocity.update(W1=upd_W1, b1=upd_b1, W2=upd_W2, b2=upd_b2)
    return {"W1": W1 + upd_W1, "b1": b1 + upd_b1, "W2": W2 + upd_W2, "b2": b2 + upd_b2}, loss


gen = np.random.default_rng(9)
x = gen.normal(size=(5, 4))
y = x
params = {
    "W1": gen.normal(size=(3, 4)),
    "b1": gen.normal(size=(3, 1)),
    "W2": gen.normal(size=(4, 3)),
    "b2": gen.normal(size=(4, 1)),
}
inputs = (params, x, y)
