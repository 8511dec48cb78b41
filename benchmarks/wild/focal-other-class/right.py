import numpy as np

gamma, alpha = 2.0, 0.25
logits = np.array([[0.4, -1.0, 1.3], [2.0, 0.1, -0.6], [-0.2, 0.9, 0.3], [0.0, 1.1, -1.7]])
label = np.array([0, 2, 1, 1])


def softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def loss(logits):
    pt = softmax(logits)[np.arange(len(label)), label]
    return -np.sum(alpha * (1 - pt) ** gamma * np.log(pt))


def gradient(logits):
    pro = softmax(logits)
    pt = pro[np.arange(len(label)), label]
    grad = np.zeros_like(pro)
    for i in range(pro.shape[1]):
        pro_ = pro[:, i]
        own = alpha * (1 - pt) ** gamma * (gamma * pt * np.log(pt) + pt - 1)
        other = alpha * (1 - pt) ** (gamma - 1) * (gamma * (-pt * pro_) * np.log(pt) + pro_ * (1 - pt))
        grad[:, i] = np.where(label == i, own, other)
    return grad
