import numpy as np

GATES, INPUTS, UNITS, STEPS, BATCH = "ifgo", 3, 4, 6, 5
rng = np.random.default_rng(7)
params = {f"W{k}": rng.normal(size=(INPUTS + UNITS, UNITS)) / 2 for k in GATES}
params |= {f"b{k}": np.zeros((1, UNITS)) for k in GATES}
x, y = rng.normal(size=(BATCH, INPUTS, STEPS)), rng.normal(size=(BATCH, UNITS, STEPS))


def squash(z):
    return 1 / (1 + np.exp(-z))


def unrolled(params, x, y):
    h, c, kept, loss = np.zeros((BATCH, UNITS)), np.zeros((BATCH, UNITS)), [], 0.0
    for t in range(STEPS):
        z, before = np.hstack([x[:, :, t], h]), c
        i, f, o = (squash(z @ params[f"W{k}"] + params[f"b{k}"]) for k in "ifo")
        g = np.tanh(z @ params["Wg"] + params["bg"])
        c = f * before + i * g
        h = o * np.tanh(c)
        kept.append((z, i, f, g, o, before, c, h))
        loss += 0.5 * ((h - y[:, :, t]) ** 2).sum()
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    dh, dc = np.zeros((BATCH, UNITS)), np.zeros((BATCH, UNITS))
    for t in reversed(range(STEPS)):
        z, i, f, g, o, before, c, h = kept[t]
        dh = dh + h - y[:, :, t]
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        into = {
            "i": dc * g * i * (1 - i),
            "f": dc * before * f * (1 - f),
            "g": dc * i * (1 - g**2),
            "o": dh * np.tanh(c) * o * (1 - o),
        }
        for k, d in into.items():
            grads[f"W{k}"] += z.T @ d
            grads[f"b{k}"] += d.sum(axis=0, keepdims=True)
        dh = sum(d @ params[f"W{k}"].T for k, d in into.items())[:, INPUTS:]
        dc = dc * f
    return loss, grads
