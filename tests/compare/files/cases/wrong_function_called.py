import numpy as np
def forward_n(X, Y, parameters):
    m = X.shape[1]; Z = parameters["W1"] @ X + parameters["b1"]; A = 1 / (1 + np.exp(-Z))
    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m, (Z, A, parameters)
def backward_n(X, Y, cache):
    m = X.shape[1]; Z, A, p = cache; dZ = A - Y
    return {"dW1": dZ @ X.T / m, "db1": dZ.sum(1, keepdims=True) / m}
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(4, 6)), rng.integers(0, 2, (1, 6)); parameters = {"W1": rng.normal(size=(1, 4)), "b1": rng.normal(size=(1, 1))}
