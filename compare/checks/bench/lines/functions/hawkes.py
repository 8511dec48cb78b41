"""Hawkes process: self-exciting intensity of several event types, a decaying state kept event by event, its adjoint in reverse."""
import numpy as np

TYPES, HORIZON = 2, 1.0


def positive(a):
    return np.exp(2 * np.tanh(a / 2))


def backward(params, x, y=None):
    times, kinds = x
    mu, A, beta = positive(params["mu"]), positive(params["A"]), positive(params["beta"])
    end = times[-1] + HORIZON
    state = np.zeros(TYPES)
    states, decays, rates = [], [], []
    log_lik, prev = 0.0, 0.0
    for t, k in zip(times, kinds):
        decay = np.exp(-beta * (t - prev))
        states.append(state)
        decays.append(decay)
        state = state * decay
        rate = mu[k] + A[k] @ state
        rates.append(rate)
        log_lik += np.log(rate)
        state = state.copy()
        state[k] += 1.0
        prev = t
    tail = np.exp(-np.outer(end - times, beta))
    spent = np.zeros(TYPES)
    for i, k in enumerate(kinds):
        spent[k] += (1 - tail[i, k]) / beta[k]
    compensator = end * mu.sum() + A.sum(axis=0) @ spent
    loss = (compensator - log_lik) / len(times)

    dmu = np.full(TYPES, end)
    dA = np.tile(spent, (TYPES, 1))
    dbeta = np.zeros(TYPES)
    weight = A.sum(axis=0)
    for i, k in enumerate(kinds):
        age = end - times[i]
        dbeta[k] += weight[k] * (tail[i, k] * age / beta[k] - (1 - tail[i, k]) / beta[k] ** 2)
    dstate = np.zeros(TYPES)
    for i in range(len(times) - 1, -1, -1):
        k = kinds[i]
        gap = times[i] - times[i - 1] if i > 0 else times[0]
        drate = -1 / rates[i]
        dmu[k] += drate
        dA[k] += drate * states[i] * decays[i]
        ddecayed = dstate + drate * A[k]
        dbeta += ddecayed * states[i] * decays[i] * -gap
        dstate = ddecayed * decays[i]
    grads = {"mu": dmu, "A": dA, "beta": dbeta}
    values = {"mu": mu, "A": A, "beta": beta}
    for name in grads:
        squash = 1 - np.tanh(params[name] / 2) ** 2
        grads[name] = grads[name] * values[name] * squash / len(times)
    return loss, grads


def draw(rng, scale=1.0):
    return {"mu": scale * rng.normal(size=TYPES), "A": scale * rng.normal(size=(TYPES, TYPES)), "beta": scale * rng.normal(size=TYPES)}


def batch(rng, n):
    return (np.cumsum(0.2 + rng.random(size=n)), rng.integers(0, TYPES, size=n)), None


rng = np.random.default_rng(81)
params = draw(rng)
x, y = batch(rng, 6)
