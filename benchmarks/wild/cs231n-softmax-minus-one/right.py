import numpy as np

rng = np.random.default_rng(14)
W = 0.5 * rng.normal(size=(5, 4))
X = rng.normal(size=(6, 5))
y = np.array([0, 3, 2, 2, 1, 0])


def softmax_loss_naive(W, X, y, reg=0.1):
    loss = 0.0
    dW = np.zeros_like(W)
    N = len(X)
    for i in range(N):
        s = X[i] @ W
        s = s - s.max()
        p = np.exp(s) / np.exp(s).sum()
        loss += -np.log(p[y[i]])
        p[y[i]] -= 1
        dW += np.outer(X[i], p)
    return loss / N + reg * np.sum(W * W), dW / N + 2 * reg * W
