"""Highway network: shared weights over three layers, transform gate, gradients summed over the uses of the same matrix."""
import numpy as np

DEPTH = 3


def sigm(a):
    return 1.0 / (1.0 + np.exp(-a))


def backward(params, x, y):
    WH, bH, WT, bT = params['WH'], params['bH'], params['WT'], params['bT']
    n = x.shape[0]
    hs = [x]
    Hs, Ts = [], []
    for l in range(DEPTH):
        H = np.tanh(hs[-1] @ WH + bH)
        T = sigm(hs[-1] @ WT + bT)
        hs.append(T * H + (1 - T) * hs[-1])
        Hs.append(H)
        Ts.append(T)
    diff = hs[-1] - y
    loss = np.sum(diff * diff) / (2 * n)

    dWH, dWT = np.zeros_like(WH), np.zeros_like(WT)
    dbH = np.zeros_like(bH)
    dbT = np.zeros_like(bT)
    dh = diff / n
    for l in range(DEPTH - 1, -1, -1):
        h_in, H, T = hs[l], Hs[l], Ts[l]
        dH = dh * T
        dT = dh * (H - h_in)
        daH = dH * (1 - H ** 2)
        daT = dT * T * (1 - T)
        dWH += h_in.T @ daH
        dWT += h_in.T @ daT
        dbH += daH.sum(axis=0)
        dbT += daT.sum(axis=0)
        dh = dh * (1 - T) + daH @ WH.T + daT @ WT.T
    return loss, {'WH': dWH, 'bH': dbH, 'WT': dWT, 'bT': dbT}


def draw(rng, scale=1.0):
    return {'WH': scale * rng.normal(size=(4, 4)), 'bH': scale * rng.normal(size=4),
            'WT': scale * rng.normal(size=(4, 4)), 'bT': scale * (rng.normal(size=4) - 1)}


def batch(rng, n):
    return rng.normal(size=(n, 4)), rng.normal(size=(n, 4))


rng = np.random.default_rng(26)
params = draw(rng)
x, y = batch(rng, 5)
