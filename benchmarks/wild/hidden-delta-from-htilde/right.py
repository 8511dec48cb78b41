import numpy as np

rng = np.random.default_rng(52)
params = {"W_h": rng.normal(size=(3, 4)), "b_h": rng.normal(size=4), "W_o": rng.normal(size=(4, 3)), "b_o": rng.normal(size=3)}
x = rng.normal(size=(6, 3))
y = np.eye(3)[[0, 2, 1, 1, 0, 2]]


def mlp(params, x, y):
    h_tilde = x @ params["W_h"] + params["b_h"]
    h = np.tanh(h_tilde)
    o = h @ params["W_o"] + params["b_o"]
    probs = np.exp(o) / np.exp(o).sum(axis=1, keepdims=True)
    loss = -np.mean(np.sum(y * np.log(probs), axis=1))
    grad_o = (probs - y) / len(x)
    grad_W_o = h.T @ grad_o
    grad_b_o = grad_o.sum(axis=0)
    grad_h = grad_o @ params["W_o"].T
    grad_htilde = grad_h * (1 - h**2)
    grad_W_h = x.T @ grad_htilde
    grad_b_h = grad_htilde.sum(axis=0)
    return loss, {"W_h": grad_W_h, "b_h": grad_b_h, "W_o": grad_W_o, "b_o": grad_b_o}
