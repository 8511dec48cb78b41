import numpy as np
def sigmoid(z): return 1 / (1 + np.exp(-z))
def cost(theta, X, y, l=1): h = sigmoid(X @ theta); return np.mean(-y * np.log(h) - (1 - y) * np.log(1 - h)) + l / (2 * len(X)) * (theta[1:] ** 2).sum()
def gradient(theta, X, y, l=1): return X.T @ (sigmoid(X @ theta) - y) / len(X) + l / len(X) * theta
def both(theta, X, y): return cost(theta, X, y), gradient(theta, X, y)
rng = np.random.default_rng(0)
X = np.c_[np.ones(15), rng.normal(size=(15, 3))]; y = rng.integers(0, 2, 15); theta = rng.normal(size=4)
