"""Scans and gates, each with a right and a wrong backward pass."""

import numpy as np


def scan(x, a, h0):
    """h[t] = a h[t-1] + x[t], in blocks of four steps."""
    h, out = h0, np.zeros_like(x)
    for start in range(0, len(x), 4):
        for t in range(start, min(start + 4, len(x))):
            h = a * h + x[t]
            out[t] = h
    return out, (out, a, h0)


def scan_backward(dout, cache):
    out, a, h0 = cache
    dx, da = np.zeros_like(out), np.zeros_like(a)
    carry = np.zeros_like(h0)
    steps = len(out)
    for stop in range(steps, 0, -4):
        for t in range(stop - 1, max(stop - 5, -1), -1):
            dh = dout[t] + carry
            before = out[t - 1] if t > 0 else h0
            dx[t] = dh
            da += dh * before
            carry = a * dh
    return dx, da, carry


def scan_loses_its_carry(dout, cache):
    out, a, h0 = cache
    dx, da = np.zeros_like(out), np.zeros_like(a)
    carry = np.zeros_like(h0)
    steps = len(out)
    for stop in range(steps, 0, -4):
        carry = np.zeros_like(h0)  # wrong
        for t in range(stop - 1, max(stop - 5, -1), -1):
            dh = dout[t] + carry
            before = out[t - 1] if t > 0 else h0
            dx[t] = dh
            da += dh * before
            carry = a * dh
    return dx, da, carry


def swiglu(x, W, V):
    gate, up = x @ W, x @ V
    s = 1.0 / (1.0 + np.exp(-gate))
    return gate * s * up, (x, W, V, gate, up, s)


def swiglu_backward(dy, cache):
    x, W, V, gate, up, s = cache
    dup = dy * gate * s
    dgate = dy * up * s * (1.0 + gate * (1.0 - s))
    return dgate @ W.T + dup @ V.T, x.T @ dgate, x.T @ dup


def swiglu_wrong_branch(dy, cache):
    x, W, V, gate, up, s = cache
    dup = dy * up * s  # wrong
    dgate = dy * up * s * (1.0 + gate * (1.0 - s))
    return dgate @ W.T + dup @ V.T, x.T @ dgate, x.T @ dup


def geglu(x, W, V):
    gate, up = x @ W, x @ V
    t = np.tanh(0.7978845608 * (gate + 0.044715 * gate**3))
    act = 0.5 * gate * (1.0 + t)
    return act * up, (x, W, V, gate, up, t, act)


def geglu_backward(dy, cache):
    x, W, V, gate, up, t, act = cache
    dup = dy * act
    inner = 0.7978845608 * (1.0 + 3 * 0.044715 * gate**2)
    slope = 0.5 * (1.0 + t) + 0.5 * gate * (1.0 - t**2) * inner
    dgate = dy * up * slope
    dx = dgate @ W.T + dup @ V.T
    return dx, x.T @ dgate, x.T @ dup


def geglu_weights_swapped(dy, cache):
    x, W, V, gate, up, t, act = cache
    dup = dy * act
    inner = 0.7978845608 * (1.0 + 3 * 0.044715 * gate**2)
    slope = 0.5 * (1.0 + t) + 0.5 * gate * (1.0 - t**2) * inner
    dgate = dy * up * slope
    dx = dup @ W.T + dgate @ V.T  # wrong
    return dx, x.T @ dgate, x.T @ dup
