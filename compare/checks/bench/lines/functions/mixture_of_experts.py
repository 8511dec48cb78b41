"""Mixture of experts: soft gate with noise-free top weight, experts in a list comprehension, stacked outputs, importance penalty."""
import numpy as np

COEF = 0.1


def expert(theta, x):
    V, u = theta
    a = np.sin(x @ V)
    return a, a @ u


def backward(params, x, y):
    gate, experts = params
    n, k = len(x), len(experts)

    g = x @ gate
    g = g - g.max(1)[:, None]
    g = np.exp(g)
    g = g / g.sum(1)[:, None]
    hidden, outs = zip(*(expert(t, x) for t in experts))
    outs = np.stack(outs, axis=1)
    mix = (g * outs).sum(1)
    importance = g.sum(0)
    cv = ((importance - importance.mean()) ** 2).sum() / n ** 2
    err = mix - y
    loss = np.sqrt(1 + err ** 2).mean() - 1 + COEF * cv

    g_mix = err / np.sqrt(1 + err ** 2) / n
    g_outs = g * g_mix[:, None]
    g_gate_probs = outs * g_mix[:, None]
    g_importance = 2 * COEF * (importance - importance.mean()) / n ** 2
    g_gate_probs = g_gate_probs + g_importance
    g_logits = g * (g_gate_probs - (g_gate_probs * g).sum(1, keepdims=True))
    d_gate = x.T @ g_logits
    d_experts = []
    for j, ((V, u), a) in enumerate(zip(experts, hidden)):
        col = g_outs[:, j]
        d_u = col @ a
        d_a = col.reshape(-1, 1) * u
        d_V = x.T @ (d_a * np.cos(x @ V))
        d_experts.append((d_V, d_u))
    return loss, (d_gate, d_experts)


def draw(rng, scale=1.0):
    return scale * rng.normal(size=(3, 3)), [(scale * rng.normal(size=(3, 4)), scale * rng.normal(size=4)) for _ in range(3)]


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.normal(size=n)


rng = np.random.default_rng(602)
params = draw(rng)
x, y = batch(rng, 6)
