"""CBOW: contexts of varying length, full softmax over the vocabulary, one long stacked array of input and output vectors."""
import numpy as np


def backward(params, x, y):
    V = params.shape[0] // 2
    cost = 0.0
    grad = np.zeros_like(params)
    W_in, W_out = params[:V], params[V:]
    g_in, g_out = grad[:V], grad[V:]
    for context, target in zip(x, y):
        hidden = sum(W_in[w] for w in context) / len(context)
        u = W_out @ hidden
        u_max = u.max()
        logZ = u_max + np.log(np.sum(np.exp(u - u_max)))
        cost -= u[target] - logZ

        e = np.exp(u - logZ)
        e[target] -= 1
        g_out += np.outer(e, hidden)
        d_hidden = W_out.T @ e
        for w in context:
            g_in[w] += d_hidden / len(context)

    # L2 on everything
    cost += 0.05 * np.sum(params ** 2)
    grad += 2 * 0.05 * params
    return cost, grad


def draw(rng, scale=1.0):
    return scale * rng.normal(size=(12, 3))


def batch(rng, n):
    x = [[int(w) for w in rng.integers(0, 6, rng.integers(2, 5))] for _ in range(n)]
    return x, [int(t) for t in rng.integers(0, 6, n)]


rng = np.random.default_rng(15)
params = draw(rng)
x, y = batch(rng, 5)
