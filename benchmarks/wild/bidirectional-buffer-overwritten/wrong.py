import numpy as np

rng = np.random.default_rng(29)
params = {"fx": rng.normal(size=(3, 2)), "fh": 0.5 * rng.normal(size=(2, 2)), "bx": rng.normal(size=(3, 2)), "bh": 0.5 * rng.normal(size=(2, 2))}
x = rng.normal(size=(4, 3))
y = rng.normal(size=(4, 4))


def pass_over(x, wx, wh):
    h = np.zeros((len(x) + 1, wh.shape[0]))
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ wx + h[t] @ wh)
    return h


def pass_back(x, h, dy, wx, wh):
    dwx, dwh, carry = np.zeros_like(wx), np.zeros_like(wh), np.zeros(wh.shape[0])
    for t in reversed(range(len(x))):
        da = (dy[t] + carry) * (1 - h[t + 1] ** 2)
        dwx += np.outer(x[t], da)
        dwh += np.outer(h[t], da)
        dy[t] = da
        carry = da @ wh.T
    return dwx, dwh


def both_ways(params, x, y):
    left = pass_over(x, params["fx"], params["fh"])
    right = pass_over(x[::-1], params["bx"], params["bh"])
    out = np.hstack([left[1:], right[1:][::-1]]) + np.hstack([right[1:][::-1], left[1:]])
    loss = 0.5 * np.sum((out - y) ** 2)
    dout = out - y
    dy = dout[:, :2] + dout[:, 2:]
    dfx, dfh = pass_back(x, left, dy, params["fx"], params["fh"])
    dbx, dbh = pass_back(x[::-1], right, dy[::-1], params["bx"], params["bh"])
    return loss, {"fx": dfx, "fh": dfh, "bx": dbx, "bh": dbh}
