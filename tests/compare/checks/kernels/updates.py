"""A small network with its training step by several rules, each with a mistake: its line ends in `# wrong`."""

import numpy as np

from manual import optimizers as rules


def loss_and_grads(params, x, y):
    h = np.tanh(x @ params["W1"] + params["b1"])
    z = h @ params["W2"]
    loss = 0.5 * ((z - y) ** 2).sum() / len(x)
    dz = (z - y) / len(x)
    dh = (dz @ params["W2"].T) * (1 - h**2)
    return loss, {"W1": x.T @ dh, "b1": dh.sum(axis=0), "W2": h.T @ dz}


def adam(rate=0.01, b1=0.9, b2=0.999, eps=1e-3):
    m, v, t = {}, {}, 0

    def update(params, x, y):
        nonlocal t
        loss, grads = loss_and_grads(params, x, y)
        t += 1
        new = {}
        for k, g in grads.items():
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g
            v[k] = b2 * v.get(k, 0.0) + (1 - b2) * g**2
            mhat = m[k] / (1 - b1**t)
            vhat = v[k] / (1 - b2**t)
            new[k] = params[k] - rate * mhat / (np.sqrt(vhat) + eps)
        return new, loss

    return update


def adam_uncorrected(rate=0.01, b1=0.9, b2=0.999, eps=1e-3):
    m, v, t = {}, {}, 0

    def update(params, x, y):
        nonlocal t
        loss, grads = loss_and_grads(params, x, y)
        t += 1
        new = {}
        for k, g in grads.items():
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g
            v[k] = b2 * v.get(k, 0.0) + (1 - b2) * g**2
            mhat = m[k]  # wrong
            vhat = v[k] / (1 - b2**t)
            new[k] = params[k] - rate * mhat / (np.sqrt(vhat) + eps)
        return new, loss

    return update


def adam_betas_swapped(rate=0.01, b1=0.9, b2=0.999, eps=1e-3):
    m, v, t = {}, {}, 0

    def update(params, x, y):
        nonlocal t
        loss, grads = loss_and_grads(params, x, y)
        t += 1
        new = {}
        for k, g in grads.items():
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g
            v[k] = b1 * v.get(k, 0.0) + (1 - b1) * g**2  # wrong
            mhat = m[k] / (1 - b1**t)
            vhat = v[k] / (1 - b2**t)
            new[k] = params[k] - rate * mhat / (np.sqrt(vhat) + eps)
        return new, loss

    return update


class AdamEpsilonInside:
    def __init__(self, rate=0.01, b1=0.9, b2=0.999, eps=1e-3):
        self.rate, self.b1, self.b2, self.eps = rate, b1, b2, eps
        self.m, self.v, self.t = {}, {}, 0

    def step(self, params, x, y):
        loss, grads = loss_and_grads(params, x, y)
        self.t += 1
        new = {}
        for k, g in grads.items():
            self.m[k] = self.b1 * self.m.get(k, 0) + (1 - self.b1) * g
            self.v[k] = self.b2 * self.v.get(k, 0) + (1 - self.b2) * g * g
            mhat = self.m[k] / (1 - self.b1**self.t)
            vhat = self.v[k] / (1 - self.b2**self.t)
            new[k] = params[k] - self.rate * mhat / np.sqrt(vhat + self.eps)  # wrong
        return new, loss


def adam_v_not_squared(rate=0.01, b1=0.9, b2=0.999, eps=1e-3):
    m, v, t = {}, {}, 0

    def update(params, x, y):
        nonlocal t
        loss, grads = loss_and_grads(params, x, y)
        t += 1
        new = {}
        for k, g in grads.items():
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g
            v[k] = b2 * v.get(k, 0.0) + (1 - b2) * np.abs(g)  # wrong
            mhat = m[k] / (1 - b1**t)
            vhat = v[k] / (1 - b2**t)
            new[k] = params[k] - rate * mhat / (np.sqrt(vhat) + eps)
        return new, loss

    return update


def adam_counts_from_zero(rate=0.01, b1=0.9, b2=0.999, eps=1e-3):
    m, v, t = {}, {}, 0

    def update(params, x, y):
        nonlocal t
        loss, grads = loss_and_grads(params, x, y)
        new = {}
        for k, g in grads.items():
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g
            v[k] = b2 * v.get(k, 0.0) + (1 - b2) * g**2
            step = rate * np.sqrt(1 - b2 ** (t + 1)) / (1 - b1 ** (t + 1))
            new[k] = params[k] - step * m[k] / (np.sqrt(v[k]) + eps * np.sqrt(1 - b2**t))  # wrong
        t += 1
        return new, loss

    return update


def momentum_sign(rate=0.1, mu=0.9):
    v = {}

    def update(params, x, y):
        loss, grads = loss_and_grads(params, x, y)
        for k in params:
            v[k] = -mu * v.get(k, 0.0) - rate * grads[k]  # wrong
            params[k] = params[k] + v[k]
        return params, loss

    return update


def nesterov_without_look_ahead(rate=0.1, mu=0.9):
    v = {}

    def update(params, x, y):
        loss, grads = loss_and_grads(params, x, y)
        new = {}
        for k in params:
            v[k] = mu * v.get(k, 0.0) + grads[k]
            new[k] = params[k] - rate * (grads[k] + v[k])  # wrong
        return new, loss

    return update


def adamw_coupled(rate=0.01, b1=0.9, b2=0.999, eps=1e-3, decay=0.1):
    m, v, t = {}, {}, 0

    def update(params, x, y):
        nonlocal t
        loss, grads = loss_and_grads(params, x, y)
        t += 1
        new = {}
        for k, g in grads.items():
            g = g + decay * params[k]  # wrong
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g
            v[k] = b2 * v.get(k, 0.0) + (1 - b2) * g**2
            mhat = m[k] / (1 - b1**t)
            vhat = v[k] / (1 - b2**t)
            new[k] = params[k] - rate * mhat / (np.sqrt(vhat) + eps)
        return new, loss

    return update


ADAM, ADAMW = rules.Adam(rate=0.01, epsilon=1e-3), rules.AdamW(rate=0.01, epsilon=1e-3, decay=0.1)
UPDATES = {
    "Adam without bias correction": (adam_uncorrected, ADAM),
    "betas swapped": (adam_betas_swapped, ADAM),
    "epsilon inside the root": (lambda: AdamEpsilonInside().step, ADAM),
    "v not squared": (adam_v_not_squared, ADAM),
    "t from 0": (adam_counts_from_zero, ADAM),
    "momentum's sign": (momentum_sign, rules.Momentum(rate=0.1)),
    "Nesterov without looking ahead": (nesterov_without_look_ahead, rules.Nesterov(rate=0.1)),
    "weight decay coupled": (adamw_coupled, ADAMW),
}


def plain_uphill(params, x, y):
    loss, grads = loss_and_grads(params, x, y)
    return {k: params[k] + 0.1 * grads[k] for k in params}, loss  # wrong


def plain_averages_bias(params, x, y):
    loss, grads = loss_and_grads(params, x, y)
    grads["b1"] = grads["b1"] / len(x)  # wrong
    for k in params:
        params[k] -= 0.1 * grads[k]
    return loss


PLAIN = {"uphill": plain_uphill, "bias averaged twice": plain_averages_bias}


def batch(seed=3):
    rng = np.random.default_rng(seed)
    params = {
        "W1": rng.standard_normal((4, 3)),
        "b1": rng.standard_normal(3),
        "W2": rng.standard_normal((3, 2)),
    }
    return params, rng.standard_normal((6, 4)), rng.standard_normal((6, 2))
