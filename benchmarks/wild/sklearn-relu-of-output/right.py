import numpy as np


def relu_in_place(X):
    np.maximum(X, 0, out=X)


def relu_derivative_in_place(Z, delta):
    delta[Z == 0] = 0


class Regressor:
    def __init__(self, sizes=(3, 6, 5, 2), seed=0):
        rng = np.random.default_rng(seed)
        pairs = list(zip(sizes, sizes[1:]))
        self.coefs = [rng.normal(size=p) / np.sqrt(p[0]) for p in pairs]
        self.intercepts = [0.3 * rng.normal(size=p[1]) for p in pairs]

    def forward(self, X):
        activations = [X]
        for i, (c, b) in enumerate(zip(self.coefs, self.intercepts)):
            z = activations[i] @ c + b
            if i + 1 < len(self.coefs):
                relu_in_place(z)
            activations.append(z)
        return activations

    def loss_and_grads(self, X, y):
        n = len(X)
        activations = self.forward(X)
        last = len(self.coefs) - 1
        loss = ((activations[-1] - y) ** 2).sum() / (2 * n)
        delta = activations[-1] - y
        coef_grads = [None] * (last + 1)
        intercept_grads = [None] * (last + 1)
        for i in range(last, -1, -1):
            coef_grads[i] = activations[i].T @ delta / n
            intercept_grads[i] = delta.sum(axis=0) / n
            if i:
                delta = delta @ self.coefs[i].T
                relu_derivative_in_place(activations[i], delta)
        return loss, coef_grads, intercept_grads


model = Regressor()
X = np.random.default_rng(5).normal(size=(7, 3))
y = np.random.default_rng(6).normal(size=(7, 2))
