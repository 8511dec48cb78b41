"""Matrix factorisation: ratings as triples in x, biases of users and items, one loop over ratings, penalty per rating."""
import numpy as np

LAMBDA = 0.02


def backward(params, x, y):
    P, Q, bu, bi = params['P'], params['Q'], params['bu'], params['bi']
    gP, gQ = np.zeros_like(P), np.zeros_like(Q)
    gbu, gbi = np.zeros_like(bu), np.zeros_like(bi)
    total = 0.
    mean = y.mean()
    for (u, i), r in zip(x, y):
        e = r - (mean + bu[u] + bi[i] + P[u].dot(Q[i]))
        total += e ** 2 + LAMBDA * (P[u].dot(P[u]) + Q[i].dot(Q[i]) + bu[u] ** 2 + bi[i] ** 2)
        gP[u] += -2 * e * Q[i] + 2 * LAMBDA * P[u]
        gQ[i] += -2 * e * P[u] + 2 * LAMBDA * Q[i]
        gbu[u] += -2 * e + 2 * LAMBDA * bu[u]
        gbi[i] += -2 * e + 2 * LAMBDA * bi[i]
    n = len(y)
    return total / n, {'P': gP / n, 'Q': gQ / n, 'bu': gbu / n, 'bi': gbi / n}


def draw(rng, scale=1.0):
    return {'P': scale * rng.normal(size=(5, 3)), 'Q': scale * rng.normal(size=(4, 3)),
            'bu': scale * rng.normal(size=5), 'bi': scale * rng.normal(size=4)}


def batch(rng, n):
    return np.stack([rng.integers(0, 5, n), rng.integers(0, 4, n)], axis=1), rng.uniform(1, 5, n)


rng = np.random.default_rng(31)
params = draw(rng)
x, y = batch(rng, 12)
