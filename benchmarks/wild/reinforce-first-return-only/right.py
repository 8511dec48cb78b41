import numpy as np

r = np.random.default_rng(58)
params = {"W1": r.normal(size=(4, 3)), "W2": r.normal(size=(3,))}
x = r.normal(size=(5, 4))
y = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
R = np.array([0.2, -0.5, 1.0, 0.3, 0.8])


def surrogate(params, x, y):
    h = np.maximum(0, x @ params["W1"])
    p = 1 / (1 + np.exp(-h @ params["W2"]))
    returns = np.array([np.sum(R[t:] * 0.95 ** np.arange(len(R) - t)) for t in range(len(R))])
    loss = -np.sum(returns * (y * np.log(p) + (1 - y) * np.log(1 - p)))
    dlogp = returns * (p - y)
    dW2 = h.T @ dlogp
    dh = np.outer(dlogp, params["W2"])
    dh[h <= 0] = 0
    return loss, {"W1": x.T @ dh, "W2": dW2}
