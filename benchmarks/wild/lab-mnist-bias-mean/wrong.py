import numpy as np

gen = np.random.default_rng(88)
X = gen.random((6, 5))
Y = np.eye(3)[[2, 0, 1, 1, 2, 0]]
w1, b1 = gen.normal(size=(5, 4)), gen.normal(size=(1, 4))
w2, b2 = gen.normal(size=(4, 3)), gen.normal(size=(1, 3))


def sigmoid(v):
    return 1.0 / (1.0 + np.exp(-v))


def sigmoid_prime(v):
    return sigmoid(v) * (1 - sigmoid(v))


learning_rate = 0.05
for i in range(20):
    l1 = X @ w1 + b1
    a1 = sigmoid(l1)
    l2 = a1 @ w2 + b2
    y_pred = sigmoid(l2)
    diff = y_pred - Y
    cost = 0.5 * np.sum(diff**2)
    d_l2 = diff * sigmoid_prime(l2)
    d_b2 = d_l2
    d_w2 = a1.T @ d_l2
    d_a1 = d_b2 @ w2.T
    d_l1 = d_a1 * sigmoid_prime(l1)
    d_b1 = d_l1
    d_w1 = X.T @ d_l1
    g_b1 = np.mean(d_b1, 0, keepdims=True)
    g_b2 = np.mean(d_b2, 0, keepdims=True)
    w1 = w1 - learning_rate * d_w1
    b1 = b1 - learning_rate * g_b1
    w2 = w2 - learning_rate * d_w2
    b2 = b2 - learning_rate * g_b2
