import numpy as np

rng = np.random.default_rng(90)
parameters = {"W1": rng.normal(size=(4, 2)), "b1": np.zeros((4, 1)), "W2": rng.normal(size=(1, 4)), "b2": np.zeros((1, 1))}
X, Y = rng.normal(size=(2, 6)), rng.integers(0, 2, (1, 6))


def g(z):
    return 1 / (1 + np.exp(-z))


def loss_and_gradients(parameters, X, Y):
    m = X.shape[1]
    A1 = g(parameters["W1"] @ X + parameters["b1"])
    A2 = g(parameters["W2"] @ A1 + parameters["b2"])
    loss = np.sum((A2 - Y) ** 2) / m
    dA2 = (-(Y / A2) + (1 - Y) / (1 - A2)) / m
    dZ2 = dA2 * A2 * (1 - A2)
    dZ1 = parameters["W2"].T @ dZ2 * A1 * (1 - A1)
    return loss, {"W1": dZ1 @ X.T, "b1": dZ1.sum(1, keepdims=True), "W2": dZ2 @ A1.T, "b2": dZ2.sum(1, keepdims=True)}
