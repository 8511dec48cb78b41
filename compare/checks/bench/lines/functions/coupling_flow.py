"""Normalizing flow: two affine coupling layers as objects that swap halves, one stack of closures undone from the end."""
import numpy as np


class Coupling:
    """y_b = x_b * exp(s(x_a)) + t(x_a); s and t share the hidden layer."""

    def __init__(self, weights, flip):
        self.w = weights
        self.flip = flip
        self.g = {}

    def __call__(self, x, tape):
        half = x.shape[1] // 2
        a, b = x[:, :half], x[:, half:]
        if self.flip:
            a, b = b, a
        h = np.tanh(a @ self.w['hid'] + self.w['off'])
        raw = h @ self.w['s']
        s = np.tanh(raw)
        t = h @ self.w['t']
        e = np.exp(s)
        out = b * e + t
        logdet = s.sum(1)

        def undo(g_y, g_logdet):
            g_a, g_out = g_y[:, :half], g_y[:, half:]
            if self.flip:
                g_a, g_out = g_out, g_a
            g_b = g_out * e
            g_s = g_out * b * e + g_logdet[:, None]
            g_raw = g_s * (1 - s * s)
            self.g['t'] = h.T @ g_out
            self.g['s'] = h.T @ g_raw
            g_h = g_out @ self.w['t'].T + g_raw @ self.w['s'].T
            g_pre = g_h * (1 - h * h)
            self.g['hid'] = a.T @ g_pre
            self.g['off'] = g_pre.sum(0)
            g_a = g_a + g_pre @ self.w['hid'].T
            pieces = [g_b, g_a] if self.flip else [g_a, g_b]
            return np.concatenate(pieces, axis=1)

        tape.append(undo)
        joined = [out, a] if self.flip else [a, out]
        return np.concatenate(joined, axis=1), logdet


def backward(params, x, y=None):
    tape = []
    layers = [Coupling(w, flip=bool(i % 2)) for i, w in enumerate(params)]
    z, total = x, np.zeros(len(x))
    for layer in layers:
        z, ld = layer(z, tape)
        total = total + ld
    # negative log-likelihood under a standard normal base
    nll = 0.5 * (z ** 2).sum(1) + z.shape[1] * 0.5 * np.log(2 * np.pi) - total
    loss = nll.mean()

    g_z = z / len(x)
    g_ld = -np.ones(len(x)) / len(x)
    while tape:
        g_z = tape.pop()(g_z, g_ld)
    return loss, [layer.g for layer in layers]


def draw(rng, scale=1.0):
    def one():
        return {'hid': scale * rng.normal(size=(2, 3)), 'off': scale * rng.normal(size=3),
                's': scale * 0.5 * rng.normal(size=(3, 2)), 't': scale * rng.normal(size=(3, 2))}
    return [one(), one()]


def batch(rng, n):
    return rng.normal(size=(n, 4)), None


rng = np.random.default_rng(501)
params = draw(rng)
x, y = batch(rng, 5)
