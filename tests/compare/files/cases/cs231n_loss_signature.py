import numpy as np
class TwoLayerNet:
    def __init__(self, i, h, o):
        r = np.random.default_rng(0); self.params = {"W1": r.normal(size=(i, h)), "b1": r.normal(size=h), "W2": r.normal(size=(h, o)), "b2": r.normal(size=o)}
    def loss(self, X, y=None, reg=0.0):
        p = self.params; N, _ = X.shape; h = np.maximum(0, X @ p["W1"] + p["b1"]); s = h @ p["W2"] + p["b2"]
        if y is None: return s
        s = s - s.max(1, keepdims=True); P = np.exp(s) / np.exp(s).sum(1, keepdims=True)
        loss = -np.log(P[np.arange(N), y]).mean() + reg * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
        d = P.copy(); d[np.arange(N), y] -= 1; d /= N; dh = d @ p["W2"].T * (h > 0)
        return loss, {"W1": X.T @ dh + 2 * reg * p["W1"], "b1": dh.sum(0), "W2": h.T @ d + 2 * reg * p["W2"], "b2": d.sum(0)}
net = TwoLayerNet(4, 10, 3); params = net.params
X, y = np.random.default_rng(1).normal(size=(5, 4)), np.array([0, 1, 2, 2, 1])
