"""Matrix factorisation: ratings as triples in x, biases of users and items, one loop over ratings, penalty per rating."""
import numpy as np

LAMBDA = 0.02


def backward(params, x, y):
    P, Q, b_user, b_item = params['P'], params['Q'], params['b_user'], params['b_item']
    gP, gQ = np.zeros_like(P), np.zeros_like(Q)
    gb_user, gb_item = np.zeros_like(b_user), np.zeros_like(b_item)
    total = 0.
    mean = y.mean()
    for (u, i), r in zip(x, y):
        e = r - (mean + b_user[u] + b_item[i] + P[u].dot(Q[i]))
        total += e ** 2 + LAMBDA * (P[u].dot(P[u]) + Q[i].dot(Q[i]) + b_user[u] ** 2 + b_item[i] ** 2)
        gP[u] += -2 * e * Q[i] + 2 * LAMBDA * P[u]
        gQ[i] += -2 * e * P[u] + 2 * LAMBDA * Q[i]
        gb_user[u] += -2 * e + 2 * LAMBDA * b_user[u]
        gb_item[i] += -2 * e + 2 * LAMBDA * b_item[i]
    n = len(y)
    return total / n, {'P': gP / n, 'Q': gQ / n, 'b_user': gb_user / n, 'b_item': gb_item / n}


def draw(rng, scale=1.0):
    return {'P': scale * rng.normal(size=(5, 3)), 'Q': scale * rng.normal(size=(4, 3)),
            'b_user': scale * rng.normal(size=5), 'b_item': scale * rng.normal(size=4)}


def batch(rng, n):
    return np.stack([rng.integers(0, 5, n), rng.integers(0, 4, n)], axis=1), rng.uniform(1, 5, n)


rng = np.random.default_rng(31)
params = draw(rng)
x, y = batch(rng, 12)
