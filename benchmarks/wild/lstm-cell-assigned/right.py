import numpy as np

rng = np.random.default_rng(17)
D, H = 2, 3
params = {"wx": 0.5 * rng.normal(size=(4 * H, D)), "wh": 0.5 * rng.normal(size=(4 * H, H)), "b": 0.1 * rng.normal(size=4 * H)}
x = rng.normal(size=(4, D))
y = rng.normal(size=(4, H))


def unrolled(params, x, y):
    wx, wh, b = params["wx"], params["wh"], params["b"]
    hidden, cell, trace, cost = np.zeros(H), np.zeros(H), [], 0.0
    for t in range(len(x)):
        before = hidden, cell
        gates = wx @ x[t] + wh @ hidden + b
        i, f, o = 1 / (1 + np.exp(-gates[: 3 * H].reshape(3, H)))
        g = np.tanh(gates[3 * H :])
        cell = f * cell + i * g
        tanh_cell = np.tanh(cell)
        hidden = o * tanh_cell
        cost += 0.5 * np.sum((hidden - y[t]) ** 2)
        trace.append((before, i, f, o, g, tanh_cell, hidden))
    d = {k: np.zeros_like(v) for k, v in params.items()}
    dht, dct = np.zeros(H), np.zeros(H)
    for t in range(len(x) - 1, -1, -1):
        (h_prev, c_prev), i, f, o, g, tanh_cell, hidden = trace[t]
        dht = dht + hidden - y[t]
        dot = dht * tanh_cell
        dct = dct + dht * o * (1 - tanh_cell**2)
        dgates = np.concatenate([dct * g * i * (1 - i), dct * c_prev * f * (1 - f), dot * o * (1 - o), dct * i * (1 - g**2)])
        d["wx"] += np.outer(dgates, x[t])
        d["wh"] += np.outer(dgates, h_prev)
        d["b"] += dgates
        dht = wh.T @ dgates
        dct = dct * f
    return cost, d
