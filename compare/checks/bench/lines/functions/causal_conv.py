"""Dilated causal convolution: gated units of tanh and sigmoid, a loop over taps with shifted copies, skip sums, WaveNet's way."""
import numpy as np

sigm = lambda t: 0.5 * (1 + np.tanh(0.5 * t))


def delay(seq, k):
    # (batch, time, channels) moved k steps later, zeros in front
    if k == 0:
        return seq
    out = np.zeros_like(seq)
    out[:, k:] = seq[:, :-k]
    return out


def advance(seq, k):
    if k == 0:
        return seq
    out = np.zeros_like(seq)
    out[:, :-k] = seq[:, k:]
    return out


def conv(h, taps, dilation):
    total = 0
    for i, w in enumerate(taps):
        total = total + delay(h, i * dilation) @ w
    return total


def conv_back(adj, h, taps, dilation):
    adj_h = np.zeros_like(h)
    adj_taps = np.zeros_like(taps)
    for i, w in enumerate(taps):
        adj_taps[i] = np.einsum('ntc,ntd->cd', delay(h, i * dilation), adj)
        adj_h += advance(adj @ w.T, i * dilation)
    return adj_h, adj_taps


def backward(params, x, y):
    h = x @ params['front']
    skips, saved = 0.0, []
    for level, (filt, gate) in enumerate(params['blocks']):
        d = 2 ** level
        f = np.tanh(conv(h, filt, d))
        g = sigm(conv(h, gate, d))
        unit = f * g
        saved.append((h, f, g, d))
        skips = skips + unit
        h = h + unit
    out = skips @ params['head']
    err = out[..., 0] - y
    loss = (err ** 2).sum() / err.size

    adj_out = (2.0 / err.size) * err[..., None]
    grads = {'head': np.einsum('ntc,nto->co', skips, adj_out), 'blocks': []}
    adj_skips = adj_out @ params['head'].T
    adj_h = np.zeros_like(h)
    for (h_in, f, g, d), (filt, gate) in zip(saved[::-1], params['blocks'][::-1]):
        adj_unit = adj_skips + adj_h
        via_f, adj_filt = conv_back(adj_unit * g * (1 - f ** 2), h_in, filt, d)
        via_g, adj_gate = conv_back(adj_unit * f * g * (1 - g), h_in, gate, d)
        adj_h = adj_h + via_f + via_g
        grads['blocks'].insert(0, [adj_filt, adj_gate])
    grads['front'] = np.einsum('nti,ntc->ic', x, adj_h)
    return loss, grads


def draw(rng, scale=1.0):
    blocks = [[scale * rng.normal(size=(2, 2, 2)), scale * rng.normal(size=(2, 2, 2))] for _ in range(2)]
    return {'front': scale * rng.normal(size=(2, 2)), 'blocks': blocks, 'head': scale * rng.normal(size=(2, 1))}


def batch(rng, n):
    return rng.normal(size=(n, 6, 2)), rng.normal(size=(n, 6))


rng = np.random.default_rng(504)
params = draw(rng)
x, y = batch(rng, 3)
