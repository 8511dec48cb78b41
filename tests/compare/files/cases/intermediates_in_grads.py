import numpy as np
rng = np.random.default_rng(1)
X, Y = rng.normal(size=(4, 6)), rng.integers(0, 2, (1, 6))
parameters = {"W1": rng.normal(size=(5, 4)), "b1": rng.normal(size=(5, 1)), "W2": rng.normal(size=(1, 5)), "b2": rng.normal(size=(1, 1))}

def cost_and_gradients(parameters, X, Y):
    m = X.shape[1]
    Z1 = parameters["W1"] @ X + parameters["b1"]; A1 = np.tanh(Z1)
    A2 = 1 / (1 + np.exp(-(parameters["W2"] @ A1 + parameters["b2"])))
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    dZ2 = A2 - Y; dA1 = parameters["W2"].T @ dZ2; dZ1 = dA1 * (1 - A1 ** 2)
    return cost, {"dZ2": dZ2, "dW2": dZ2 @ A1.T / m, "db2": dZ2.sum(1, keepdims=True) / m, "dA1": dA1, "dZ1": dZ1,
                  "dW1": dZ1 @ X.T / m, "db1": dZ1.sum(1, keepdims=True) / m}
