import numpy as np

hidden, vocab = 3, 4
rng = np.random.default_rng(10)
z_size = hidden + vocab
params = {n: 0.5 * rng.normal(size=(hidden, z_size)) for n in ("W_f", "W_i", "W_g", "W_o")}
params |= {n: 0.2 * rng.normal(size=(hidden, 1)) for n in ("b_f", "b_i", "b_g", "b_o")}
params |= {"W_v": rng.normal(size=(vocab, hidden)), "b_v": np.zeros((vocab, 1))}
inputs = [0, 2, 1]
targets = [2, 1, 3]


def sigmoid(x, derivative=False):
    f = 1 / (1 + np.exp(-x))
    return f * (1 - f) if derivative else f


def one_hot(i):
    v = np.zeros((vocab, 1))
    v[i] = 1.0
    return v


def forward_backward(params, inputs, targets):
    p, loss, tape = params, 0.0, []
    h, C = np.zeros((hidden, 1)), np.zeros((hidden, 1))
    for i, t in zip(inputs, targets):
        z = np.vstack((h, one_hot(i)))
        a_f, a_i = p["W_f"] @ z + p["b_f"], p["W_i"] @ z + p["b_i"]
        a_g, a_o = p["W_g"] @ z + p["b_g"], p["W_o"] @ z + p["b_o"]
        C_prev = C
        C = sigmoid(a_f) * C_prev + sigmoid(a_i) * np.tanh(a_g)
        h = sigmoid(a_o) * np.tanh(C)
        v = p["W_v"] @ h + p["b_v"]
        y = np.exp(v) / np.sum(np.exp(v))
        loss -= np.log(y[t, 0])
        tape.append((z, a_f, a_i, a_g, a_o, C_prev, C, h, y, t))
    d = {n: np.zeros_like(w) for n, w in p.items()}
    dh_next, dC_next = np.zeros((hidden, 1)), np.zeros((hidden, 1))
    for z, a_f, a_i, a_g, a_o, C_prev, C, h, y, t in reversed(tape):
        dv = y.copy()
        dv[t] -= 1
        d["W_v"] += dv @ h.T
        d["b_v"] += dv
        dh = p["W_v"].T @ dv + dh_next
        do = dh * np.tanh(C) * sigmoid(a_o, derivative=True)
        dC = dC_next + dh * sigmoid(a_o) * (1 - np.tanh(C) ** 2)
        dg = dC * sigmoid(a_i) * (1 - np.tanh(a_g) ** 2)
        di = dC * np.tanh(a_g) * sigmoid(a_i, derivative=True)
        df = dC * C_prev * sigmoid(a_f, derivative=True)
        for n, da in (("f", df), ("i", di), ("g", dg), ("o", do)):
            d["W_" + n] += da @ z.T
            d["b_" + n] += da
        dz = p["W_f"].T @ df + p["W_i"].T @ di + p["W_g"].T @ dg + p["W_o"].T @ do
        dh_next = dz[:hidden]
        dC_next = sigmoid(a_f) * dC
    return loss, d
