import numpy as np

rng = np.random.default_rng(21)
W = rng.normal(size=(4, 3))
X = rng.normal(size=(8, 4))
y = np.array([0, 1, 2, 1, 0, 2, 2, 1])


def svm_loss_vectorized(W, X, y, reg=0.05):
    N = X.shape[0]
    Y_hat = X @ W
    y_hat_true = Y_hat[np.arange(N), y][:, None]
    margins = np.maximum(0, Y_hat - y_hat_true + 1)
    loss = margins.sum() / N - 1 + reg * np.sum(W**2)
    dW = (margins > 0).astype(float) / N
    dW[np.arange(N), y] -= (margins > 0).sum(axis=1) / N
    return loss, X.T @ dW + 2 * reg * W
