import numpy as np

rng = np.random.default_rng(31)
params = {"P": rng.normal(size=(3, 2)), "Q": rng.normal(size=(4, 2))}
ratings = [(0, 1, 4.0), (1, 3, 2.0), (2, 0, 5.0), (0, 3, 1.0), (1, 1, 3.0)]
reg = 0.1


def objective(params, x=ratings, y=None):
    P, Q = params["P"], params["Q"]
    value = 0.5 * reg * (np.sum(P**2) + np.sum(Q**2))
    up, uq = -reg * P, -reg * Q
    for u, i, r in x:
        e = r - P[u] @ Q[i]
        value += 0.5 * e * e
        up[u] += e * Q[i]
        uq[i] += e * P[u]
    return value, {"P": -up, "Q": -uq}


x = ratings
