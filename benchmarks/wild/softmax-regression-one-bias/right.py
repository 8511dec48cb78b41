import numpy as np


class SoftmaxRegression:
    def __init__(self, num_features, num_classes):
        gen = np.random.RandomState(123)
        self.weights = gen.normal(0, 0.8, (num_classes, num_features))
        self.bias = gen.normal(0, 0.5, num_classes)

    def forward(self, x):
        logits = x @ self.weights.T + self.bias
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, x, y, probas):
        grad_loss_wrt_w = -(x.T @ (y - probas)).T
        grad_loss_wrt_b = -np.sum(y - probas, axis=0)
        return grad_loss_wrt_w, grad_loss_wrt_b


def cross_entropy(y, probas):
    return -np.sum(y * np.log(probas))


model = SoftmaxRegression(2, 3)
x = np.random.RandomState(0).normal(size=(6, 2))
y = np.eye(3)[[0, 1, 2, 1, 0, 2]]


def loss_and_grads(params, x, y):
    model.weights, model.bias = params["weights"], params["bias"]
    probas = model.forward(x)
    grad_w, grad_b = model.backward(x, y, probas)
    return cross_entropy(y, probas), {"weights": grad_w, "bias": np.zeros(3) + grad_b}


params = {"weights": model.weights, "bias": model.bias}
