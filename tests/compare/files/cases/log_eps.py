import numpy as np

rng = np.random.default_rng(4)
params = {
    "U": rng.normal(size=(3, 6)) / 2,
    "a": np.zeros(6),
    "V": rng.normal(size=(6, 4)) / 2,
    "c": np.zeros(4),
}
x, y = rng.normal(size=(5, 3)), np.eye(4)[[0, 3, 1, 2, 3]]


def net(params, x, y):
    z = x @ params["U"] + params["a"]
    h = np.maximum(z, 0)
    s = h @ params["V"] + params["c"]
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.sum(y * np.log(p + 1e-7)) / len(x)
    ds = (p - y) / len(x)
    dz = ds @ params["V"].T * (z > 0)
    return loss, {"U": x.T @ dz, "a": dz.sum(axis=0), "V": h.T @ ds, "c": ds.sum(axis=0)}
