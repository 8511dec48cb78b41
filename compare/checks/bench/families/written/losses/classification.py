"""Losses of classes: focal, label smoothing, the multiclass hinge; and of pairs: InfoNCE, the triplet margin."""

from typing import Any

import numpy as np

from ..bodies.body import Arrays
from ..ways import Ways
from .loss import Loss, Outcome, classes, none

GAMMA = 2.0
SMOOTHING = 0.1
TEMPERATURE = 0.5


def focal(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The cross-entropy, weighted down where the class is likely."""
    n = len(z)
    logp = w.log_softmax(z)
    right = logp[np.arange(n), y]
    likely = np.exp(right)
    loss = -((1 - likely) ** GAMMA * right).mean()
    dright = -((1 - likely) ** GAMMA - GAMMA * (1 - likely) ** (GAMMA - 1) * likely * right) / n
    d = -w.softmax(z) * dright[:, None]
    d[np.arange(n), y] += dright
    return loss, d, {}


def smoothed(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The cross-entropy with a part of each label on every class."""
    n, k = z.shape
    q = np.full((n, k), SMOOTHING / k, z.dtype)
    q[np.arange(n), y] += 1 - SMOOTHING
    logp = w.log_softmax(z)
    return -(q * logp).sum() / n, (w.softmax(z) - q) / n, {}


def hinge(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """By how much the other classes come nearer than 1 to the right one."""
    n = len(z)
    d = np.zeros_like(z)
    if w.total == "loops":
        loss = 0.0
        for i in range(n):
            for j in range(z.shape[1]):
                margin = z[i, j] - z[i, y[i]] + 1
                if j != y[i] and margin > 0:
                    loss += margin / n
                    d[i, j] += 1 / n
                    d[i, y[i]] -= 1 / n
        return loss, d, {}
    margins = np.maximum(z - z[np.arange(n), y][:, None] + 1, 0)
    margins[np.arange(n), y] = 0
    d[margins > 0] = 1 / n
    d[np.arange(n), y] -= d.sum(axis=1)
    return margins.sum() / n, d, {}


def infonce(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The cross-entropy of telling which row of the second half belongs to each of the first."""
    n = len(z) // 2
    a, b = z[:n], z[n:]
    s = w.times(a, b.T) / TEMPERATURE
    logp = w.log_softmax(s)
    ds = w.softmax(s)
    ds[np.arange(n), np.arange(n)] -= 1
    ds /= n * TEMPERATURE
    return -np.trace(logp) / n, np.concatenate([w.times(ds, b), w.outers(ds, a)]), {}


def triplet(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """By how much a row comes nearer to the third than to the second, with a margin of 1."""
    a, b, c = z[0::3], z[1::3], z[2::3]
    m = ((a - b) ** 2).sum(axis=1) - ((a - c) ** 2).sum(axis=1) + 1
    k = (m > 0).astype(z.dtype)[:, None] / len(a)
    d = np.zeros_like(z)
    d[0::3], d[1::3], d[2::3] = 2 * k * (c - b), -2 * k * (a - b), 2 * k * (a - c)
    return np.maximum(m, 0).mean(), d, {}


CLASSIFICATION = {
    "focal": Loss(focal, classes),
    "label smoothing": Loss(smoothed, classes),
    "hinge": Loss(hinge, classes),
    "infonce": Loss(infonce, none, multiple=2, least=2),
    "triplet": Loss(triplet, none, multiple=3, least=3),
}
