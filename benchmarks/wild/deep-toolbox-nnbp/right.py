import numpy as np

r = np.random.RandomState(2)
nn = {"W1": r.normal(0, 0.6, (4, 3)), "W2": r.normal(0, 0.6, (2, 5))}
x = r.rand(6, 2)
y = r.rand(6, 2)


def sigm(P):
    return 1.0 / (1.0 + np.exp(-P))


def nnff_nnbp(nn, x, y):
    m = x.shape[0]
    a1 = np.hstack([np.ones((m, 1)), x])
    a2 = np.hstack([np.ones((m, 1)), sigm(a1 @ nn["W1"].T)])
    a3 = sigm(a2 @ nn["W2"].T)
    e = y - a3
    L = 0.5 * (e**2).sum() / m
    d3 = -e * (a3 * (1 - a3))
    d_act = a2 * (1 - a2)
    d2 = (d3 @ nn["W2"]) * d_act
    dW = {"W2": d3.T @ a2 / m, "W1": d2[:, 1:].T @ a1 / m}
    return L, dW
