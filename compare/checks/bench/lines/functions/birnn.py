"""Bidirectional RNN: samples by time by features, two arrays of states filled in place, states joined along the last axis."""
import numpy as np


def run(X, Wx, Wh, b, order):
    N, T, _ = X.shape
    H = Wh.shape[0]
    S = np.zeros((N, T, H))
    s = np.zeros((N, H))
    for t in order:
        s = np.tanh(X[:, t].dot(Wx) + s.dot(Wh) + b)
        S[:, t] = s
    return S


def run_back(dS, S, X, Wx, Wh, order):
    order = list(order)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(Wh.shape[0])
    carry = np.zeros_like(S[:, 0])
    for k in reversed(range(len(order))):
        t = order[k]
        d = (dS[:, t] + carry) * (1 - S[:, t] ** 2)
        dWx += X[:, t].T.dot(d)
        if k > 0:
            dWh += S[:, order[k - 1]].T.dot(d)
        db += d.sum(0)
        carry = d.dot(Wh.T)
    return dWx, dWh, db


def backward(params, x, y):
    Wxf, Whf, bf, Wxb, Whb, bb, V = params
    N, T, _ = x.shape
    H = len(bf)
    F = run(x, Wxf, Whf, bf, range(T))
    B = run(x, Wxb, Whb, bb, range(T - 1, -1, -1))
    S = np.concatenate([F, B], axis=2)
    out = S.dot(V)
    out = out - out.max(axis=2, keepdims=True)
    logp = out - np.log(np.exp(out).sum(axis=2, keepdims=True))
    loss = -(y * logp).sum() / (N * T)

    dout = (np.exp(logp) - y) / (N * T)
    dV = np.tensordot(S, dout, axes=([0, 1], [0, 1]))
    dS = dout.dot(V.T)
    dF, dB = dS[:, :, :H], dS[:, :, H:]
    dWxf, dWhf, dbf = run_back(dF, F, x, Wxf, Whf, range(T))
    dWxb, dWhb, dbb = run_back(dB, B, x, Wxb, Whb, range(T - 1, -1, -1))
    return loss, [dWxf, dWhf, dbf, dWxb, dWhb, dbb, dV]


def draw(rng, scale=1.0):
    one = [(3, 3), (3, 3), (3,)]
    return [scale * rng.normal(size=s) / 2 for s in one + one + [(6, 2)]]


def batch(rng, n):
    return rng.normal(size=(n, 4, 3)), np.eye(2)[rng.integers(0, 2, (n, 4))]


rng = np.random.default_rng(11)
params = draw(rng)
x, y = batch(rng, 4)
