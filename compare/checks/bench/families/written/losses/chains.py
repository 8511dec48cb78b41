"""Losses of a chain, whose rows are its steps: a conditional random field, and an alignment as CTC's."""

from typing import Any

import numpy as np

from ..bodies.body import Arrays, Shapes, Sizes
from ..ways import Ways
from .loss import Loss, Outcome, classes

SYMBOLS = 3


def lse(a: Any, axis: int) -> Any:
    """Return the logarithm of the sum of exponentials."""
    m = a.max(axis=axis, keepdims=True)
    return (m + np.log(np.exp(a - m).sum(axis=axis, keepdims=True))).squeeze(axis)


def crf(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The negative log-likelihood of a path, by the forward and the backward recursion."""
    A, T = p["A"], len(z)
    alpha, beta = np.zeros_like(z), np.zeros_like(z)
    alpha[0] = z[0]
    for t in range(1, T):
        alpha[t] = z[t] + lse(alpha[t - 1][:, None] + A, 0)
    whole = lse(alpha[-1], 0)
    score = z[0, y[0]]
    for t in range(1, T):
        score = score + A[y[t - 1], y[t]] + z[t, y[t]]
    for t in range(T - 2, -1, -1):
        beta[t] = lse(A + z[t + 1] + beta[t + 1], 1)
    d = np.exp(alpha + beta - whole)
    d[np.arange(T), y] -= 1
    dA = np.zeros_like(A)
    for t in range(T - 1):
        dA += np.exp(alpha[t][:, None] + A + (z[t + 1] + beta[t + 1]) - whole)
        dA[y[t], y[t + 1]] -= 1
    return (whole - score) / T, d / T, {"A": dA / T}


def ctc(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The negative log-likelihood of the first symbols of y, each for one step or more, in this order."""
    T, S = len(z), min(SYMBOLS, len(z))
    symbols = [int(s) for s in y[:S]]
    logp = w.log_softmax(z)
    alpha: list[list[Any]] = [[logp[0, symbols[0]]]]
    for t in range(1, T):
        before, now = alpha[-1], []
        for s in range(min(t + 1, S)):
            if s == 0:
                reached = before[0]
            elif s < len(before):
                reached = np.logaddexp(before[s], before[s - 1])
            else:
                reached = before[s - 1]
            now.append(reached + logp[t, symbols[s]])
        alpha.append(now)
    # The derivative of the loss by each alpha, walked back.
    dlogp = np.zeros_like(logp)
    dalpha = [[0.0] * len(row) for row in alpha]
    dalpha[-1][S - 1] = -1.0
    for t in range(T - 1, -1, -1):
        for s, d in enumerate(dalpha[t]):
            dlogp[t, symbols[s]] += d
            if t == 0:
                continue
            before = alpha[t - 1]
            if s == 0:
                dalpha[t - 1][0] += d
            elif s < len(before):
                total = np.logaddexp(before[s], before[s - 1])
                dalpha[t - 1][s] += d * np.exp(before[s] - total)
                dalpha[t - 1][s - 1] += d * np.exp(before[s - 1] - total)
            else:
                dalpha[t - 1][s - 1] += d
    d = dlogp - w.softmax(z) * dlogp.sum(axis=1, keepdims=True)
    return -alpha[-1][S - 1], d, {}


def _transitions(s: Sizes) -> Shapes:
    return {"A": (s.outputs, s.outputs)}


CHAINS = {"crf": Loss(crf, classes, _transitions), "ctc": Loss(ctc, classes)}
