"""GRU-D: missing inputs decayed towards their mean, hidden state decayed by elapsed time, a dict cache a step."""
import numpy as np


def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def step(x, mask, delta, last, h, p):
    decay_x = np.exp(-delta * p["wx"] ** 2)
    xhat = mask * x + (1 - mask) * decay_x * last
    decay_h = np.exp(-np.logaddexp(0, delta @ p["Wh"]))
    hd = decay_h * h
    both = np.concatenate([xhat, hd, mask], axis=1)
    z = sigmoid(both @ p["Wz"] + p["bz"])
    r = sigmoid(both @ p["Wr"])
    joined = np.concatenate([xhat, r * hd, mask], axis=1)
    c = np.tanh(joined @ p["Wc"])
    h_new = (1 - z) * hd + z * c
    return h_new, dict(mask=mask, delta=delta, last=last, h=h, decay_x=decay_x, decay_h=decay_h, hd=hd,
                       both=both, z=z, r=r, joined=joined, c=c)


def step_backward(dh, s, p, g):
    D, H = s["last"].shape[1], s["h"].shape[1]
    dz = dh * (s["c"] - s["hd"])
    dc = dh * s["z"]
    dhd = dh * (1 - s["z"])
    dc_in = dc * (1 - s["c"] ** 2)
    g["Wc"] += s["joined"].T @ dc_in
    djoined = dc_in @ p["Wc"].T
    drh = djoined[:, D:D + H]
    dr = drh * s["hd"]
    dhd += drh * s["r"]
    dz_in = dz * s["z"] * (1 - s["z"])
    dr_in = dr * s["r"] * (1 - s["r"])
    g["Wz"] += s["both"].T @ dz_in
    g["bz"] += dz_in.sum(axis=0)
    g["Wr"] += s["both"].T @ dr_in
    dboth = dz_in @ p["Wz"].T + dr_in @ p["Wr"].T
    dxhat = djoined[:, :D] + dboth[:, :D]
    dhd += dboth[:, D:D + H]
    ddecay_h = dhd * s["h"]
    da = -ddecay_h * s["decay_h"] * (1 - s["decay_h"])
    g["Wh"] += s["delta"].T @ da
    ddecay_x = dxhat * (1 - s["mask"]) * s["last"]
    g["wx"] += np.sum(-ddecay_x * s["decay_x"] * s["delta"] * 2 * p["wx"], axis=0)
    return dhd * s["decay_h"]


def backward(params, x, y):
    values, masks, deltas, lasts = x
    N, T = values.shape[:2]
    h, caches = np.zeros((N, params["Wh"].shape[1])), []
    for t in range(T):
        h, cache = step(values[:, t], masks[:, t], deltas[:, t], lasts[:, t], h, params)
        caches.append(cache)
    err = h @ params["Wo"] - y
    loss = np.sum(err ** 2) / (2 * N)

    grads = {k: np.zeros_like(v) for k, v in params.items()}
    grads["Wo"] = h.T @ err / N
    dh = err @ params["Wo"].T / N
    for cache in reversed(caches):
        dh = step_backward(dh, cache, params, grads)
    return loss, grads


def draw(rng, scale=1.0):
    shapes = {"wx": (2,), "Wh": (2, 3), "Wz": (7, 3), "bz": (3,), "Wr": (7, 3), "Wc": (7, 3), "Wo": (3, 2)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    masks = (rng.random(size=(n, 4, 2)) < 0.6).astype(float)
    return (rng.normal(size=(n, 4, 2)), masks, rng.random(size=(n, 4, 2)), rng.normal(size=(n, 4, 2))), rng.normal(size=(n, 2))


rng = np.random.default_rng(64)
params = draw(rng)
x, y = batch(rng, 3)
