import numpy as np


def sig(v):
    return 1.0 / (1.0 + np.exp(-v))


rng = np.random.default_rng(41)
names = "fioc"
params = {"w" + n: 0.6 * rng.uniform(-1, 1, (2, 5)) for n in names} | {"b" + n: 0.3 * rng.uniform(-1, 1, (2, 1)) for n in names}
x = rng.normal(size=(3, 3, 1))
y = rng.normal(size=(2, 1))


def lstm_layer(params, x, y):
    h, c, saved = np.zeros((2, 1)), np.zeros((2, 1)), []
    for xt in x:
        v = np.concatenate([h, xt])
        f, i, o = (sig(params["w" + n] @ v + params["b" + n]) for n in "fio")
        ct = np.tanh(params["wc"] @ v + params["bc"])
        c_before = c
        c = f * c + i * ct
        h = o * np.tanh(c)
        saved.append((v, f, i, o, ct, c_before, c))
    loss = 0.5 * np.sum((h - y) ** 2)
    grads = {n: np.zeros_like(p) for n, p in params.items()}
    delta_h, delta_c = h - y, np.zeros((2, 1))
    for v, f, i, o, ct, c_before, c in saved[::-1]:
        tanh_c = np.tanh(c)
        delta_o = delta_h * tanh_c * o * (1 - o)
        delta_c = delta_c + delta_h * o * (1 - tanh_c**2)
        delta_f = delta_c * c_before * f * (1 - f)
        delta_i = delta_c * ct * i * (1 - i)
        delta_ct = delta_c * i * (1 - ct**2)
        grads["wf"] += delta_f @ v.T
        grads["wi"] += delta_i @ v.T
        grads["wo"] += delta_o @ v.T
        grads["wc"] += delta_ct @ v.T
        grads["bf"] += delta_f
        grads["bi"] += delta_i
        grads["bo"] += delta_o
        grads["bc"] += delta_ct
        delta_v = params["wf"].T @ delta_f + params["wi"].T @ delta_i + params["wo"].T @ delta_o + params["wc"].T @ delta_ct
        delta_h = delta_v[:2]
        delta_c = delta_c * f
    return loss, grads
