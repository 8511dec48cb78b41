import numpy as np

X = np.array([[1, 1], [1, 0], [0, 1], [0.2, 0.4]])
y = np.array([0, 1, 1, 0.3])
params = {"w0": np.array([[0.9, 0.1], [0.3, 0.5]]), "w1": np.array([0.8, 0.7])}


def sig(z):
    return 1 / (1 + np.exp(-z))


def gradients(params, X, y):
    w0, w1 = params["w0"], params["w1"]
    g0, g1, error = np.zeros((2, 2)), np.zeros(2), 0.0
    for i in range(len(X)):
        h0 = sig(w0[0, 0] * X[i][0] + w0[1, 0] * X[i][1])
        h1 = sig(w0[0, 1] * X[i][0] + w0[1, 1] * X[i][1])
        y0 = sig(w1[0] * h0 + w1[1] * h1)
        error += 0.5 * (y[i] - y0) ** 2
        dey0 = -(y[i] - y0)
        delta = dey0 * y0 * (1 - y0)
        g0[0, 0] += delta * w1[0] * h0 * (1 - h0) * X[i][0]
        g0[0, 1] += delta * w1[1] * h1 * (1 - h1) * X[i][0]
        g0[1, 0] += delta * w1[0] * h0 * (1 - h0) * X[i][1]
        g0[1, 1] += delta * w1[1] * h1 * (1 - h1) * X[i][1]
        g1[0] += delta * h0
        g1[1] += delta * h1
    return error, {"w0": g0, "w1": g1}
