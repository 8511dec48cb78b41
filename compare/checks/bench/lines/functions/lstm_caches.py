"""LSTM: gates in one matrix, a step forward and a step backward with a list of caches, np.hstack and slicing back."""
import numpy as np


def sigmoid(z):
    return 1. / (1. + np.exp(-z))


def lstm_step_forward(x, prev_h, prev_c, W, b):
    H = prev_h.shape[1]
    z = np.hstack([x, prev_h])
    a = z.dot(W) + b
    i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H:2*H]), sigmoid(a[:, 2*H:3*H])
    g = np.tanh(a[:, 3*H:])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (z, W, i, f, o, g, prev_c, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    z, W, i, f, o, g, prev_c, next_c = cache
    H = prev_c.shape[1]
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    df = dc * prev_c
    dprev_c = dc * f
    di = dc * g
    dg = dc * i
    da = np.hstack((
        di * i * (1 - i),
        df * f * (1 - f),
        do * o * (1 - o),
        dg * (1 - g ** 2),
    ))
    dz = da.dot(W.T)
    dW = z.T.dot(da)
    db = np.sum(da, axis=0)
    return dz[:, :-H], dz[:, -H:], dprev_c, dW, db


def backward(params, x, y):
    W, b, V = params['W'], params['b'], params['V']
    N, T, D = x.shape
    H = W.shape[1] // 4
    h = c = np.zeros((N, H))
    caches, hidden, loss = [], [], 0.
    for t in range(T):
        h, c, cache = lstm_step_forward(x[:, t, :], h, c, W, b)
        caches.append(cache)
        hidden.append(h)
        loss += np.sum((h.dot(V) - y[:, t]) ** 2) / N

    grads = {k: np.zeros_like(p) for k, p in params.items()}
    dh = dc = np.zeros((N, H))
    for t in reversed(range(T)):
        dout = 2 * (hidden[t].dot(V) - y[:, t]) / N
        grads['V'] += hidden[t].T.dot(dout)
        dh = dh + dout.dot(V.T)
        _, dh, dc, dW, db = lstm_step_backward(dh, dc, caches[t])
        grads['W'] += dW
        grads['b'] += db
    return loss, grads


def draw(rng, scale=1.0):
    D, H = 2, 4
    return {'W': scale * rng.normal(size=(D + H, 4 * H)) / np.sqrt(D + H), 'b': scale * .1 * rng.normal(size=4 * H),
            'V': scale * rng.normal(size=(H, 2))}


def batch(rng, n):
    return rng.normal(size=(n, 4, 2)), rng.normal(size=(n, 4, 2))


rng = np.random.default_rng(9)
params = draw(rng)
x, y = batch(rng, 3)
