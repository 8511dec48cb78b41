import numpy as np

rng = np.random.default_rng(3)
W = 0.4 * rng.normal(size=(5, 3))
X = rng.normal(size=(6, 5))
y = np.array([2, 0, 1, 1, 2, 0])
reg = 0.5


def svm_loss_naive(W, X, y, reg=reg):
    dW = np.zeros(W.shape)
    num_classes, num_train = W.shape[1], X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW
