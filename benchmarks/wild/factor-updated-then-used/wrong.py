import numpy as np

alpha, beta = 0.05, 0.1


def sgd(params, x, y):
    P, Q = params["P"].copy(), params["Q"].copy()
    i, j = x
    e = y - P[i] @ Q[j]
    loss = 0.5 * e**2 + 0.5 * beta * (P[i] @ P[i] + Q[j] @ Q[j])
    P[i, :] += alpha * (e * Q[j, :] - beta * P[i, :])
    Q[j, :] += alpha * (e * P[i, :] - beta * Q[j, :])
    return {"P": P, "Q": Q}, loss


rng = np.random.default_rng(0)
params = {"P": rng.normal(size=(3, 2)), "Q": rng.normal(size=(4, 2))}
x, y = (1, 2), 4.0
inputs = (params, x, y)
