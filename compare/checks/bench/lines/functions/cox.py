"""Cox regression: partial likelihood of sorted times with censoring, risk sets by reversed cumulative sums, a hidden layer."""
import numpy as np


def backward(params, x, y):
    time, event = y[:, 0], y[:, 1]
    order = np.argsort(time)
    X, ev = x[order], event[order]
    n_events = max(1.0, ev.sum())

    A, beta = params['A'], params['beta']
    pre = X @ A
    hid = pre / np.sqrt(1 + pre ** 2)
    eta = hid @ beta
    top = np.max(eta)
    w = np.exp(eta - top)
    # everybody who is still under observation, from the end
    risk = np.cumsum(w[::-1])[::-1]
    loglik = np.sum(ev * (eta - top - np.log(risk)))
    ridge = 0.05
    loss = -loglik / n_events + ridge * np.dot(beta, beta)

    # d loglik / d eta_i = ev_i - w_i * sum over events j <= i of 1 / risk_j
    hazard = np.cumsum(ev / risk)
    martingale = ev - w * hazard
    geta = -martingale / n_events
    gbeta = hid.T @ geta + 2 * ridge * beta
    ghid = np.outer(geta, beta)
    gpre = ghid * (1 + pre ** 2) ** -1.5
    gA = X.T @ gpre
    return loss, {'A': gA, 'beta': gbeta}


def draw(rng, scale=1.0):
    return {'A': scale * rng.normal(size=(4, 3)), 'beta': scale * rng.normal(size=3)}


def batch(rng, n):
    x = rng.normal(size=(n, 4))
    time = rng.exponential(size=n)
    event = (rng.uniform(size=n) < 0.7).astype(float)
    event[np.argmin(time)] = 1.0
    return x, np.stack([time, event], axis=1)


rng = np.random.default_rng(507)
params = draw(rng)
x, y = batch(rng, 8)
