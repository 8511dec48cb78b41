"""Kalman filter: likelihood of a scalar series in log variances and a transition, the sweep back through stored innovations."""
import numpy as np
from numpy import exp, log


def kalman(a, q, r, ys):
    m, P = 0.0, 1.0
    steps, nll = [], 0.0
    for obs in ys:
        mp, Pp = a * m, a * a * P + q
        S = Pp + r
        v = obs - mp
        K = Pp / S
        nll += 0.5 * (log(2 * np.pi * S) + v * v / S)
        steps.append((m, P, Pp, S, v, K))
        m, P = mp + K * v, (1 - K) * Pp
    return nll, steps


def backward(params, x, y=None):
    a, q, r = np.tanh(params[0]), exp(params[1]), exp(params[2])
    nll, steps = kalman(a, q, r, x)

    da = dq = dr = 0.0
    dm = dP = 0.0
    for m, P, Pp, S, v, K in reversed(steps):
        # m, P after the update
        dmp = dm
        dK = dm * v - dP * Pp
        dv = dm * K + v / S
        dPp = dP * (1 - K)
        # the gain and the likelihood
        dPp += dK / S
        dS = -dK * Pp / S ** 2
        dS += 0.5 * (1 / S - v * v / S ** 2)
        # innovation
        dmp -= dv
        dPp += dS
        dr += dS
        # prediction
        da += dmp * m + dPp * 2 * a * P
        dq += dPp
        dm = dmp * a
        dP = dPp * a * a
    return nll, np.array([da * (1 - a ** 2), dq * q, dr * r])


def draw(rng, scale=1.0):
    return 2 * np.tanh(scale * rng.normal(size=3))


def batch(rng, n):
    return rng.normal(size=n), None


rng = np.random.default_rng(41)
params = draw(rng)
x, y = batch(rng, 8)
