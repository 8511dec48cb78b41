import numpy as np

rng = np.random.default_rng(53)
EPS = 1e-5
params = {
    "W": rng.normal(size=(4, 4)) * 0.5,
    "gain": rng.uniform(0.6, 1.4, 4),
    "V": rng.normal(size=(4, 4)) * 0.5,
}
x, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))


def rms_norm(h, gain):
    rstd = 1.0 / np.sqrt((h * h).mean(axis=-1, keepdims=True) + EPS)
    return h * rstd * gain, rstd


def rms_norm_bwd(dout, h, gain, rstd):
    hhat = h * rstd
    wdy = dout * gain
    dh = (wdy - hhat * (wdy * hhat).mean(axis=-1, keepdims=True)) * rstd
    return dh, (dout * hhat).sum(axis=0)


def block(params, x, y):
    res_out = x + x @ params["W"]
    out, rstd = rms_norm(res_out, params["gain"])
    pred = res_out + out @ params["V"]
    loss = 0.5 * np.sum((pred - y) ** 2) / len(x)
    dpred = (pred - y) / len(x)
    dV = out.T @ dpred
    dout = dpred @ params["V"].T
    dres_out = dpred
    dnorm, dgain = rms_norm_bwd(dout, res_out, params["gain"], rstd)
    dres = dres_out + dnorm
    return loss, {"W": x.T @ dres, "gain": dgain, "V": dV}
