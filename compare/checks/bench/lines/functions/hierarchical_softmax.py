"""Hierarchical softmax: words at the leaves of a given binary tree, paths as lists of (node, sign), math.exp on scalars, one word at a time."""
import math

import numpy as np

# word: the inner nodes from the root down, and +1 for left, -1 for right
PATHS = {
    0: [(0, 1), (1, 1)],
    1: [(0, 1), (1, -1)],
    2: [(0, -1), (2, 1)],
    3: [(0, -1), (2, -1), (3, 1)],
    4: [(0, -1), (2, -1), (3, -1)],
}
DIM = 3


def context_vector(words, table):
    """The mean of the words around, weighted by their distance."""
    weights = np.array([1 / (1 + abs(i - (len(words) - 1) / 2)) for i in range(len(words))])
    weights = weights / weights.sum()
    return weights @ table[words], weights


def backward(params, x, y):
    table, nodes, bias = params['table'], params['nodes'], params['bias']
    g_table, g_nodes, g_bias = np.zeros_like(table), np.zeros_like(nodes), np.zeros_like(bias)
    total = 0.0
    for words, target in zip(x, y):
        c, weights = context_vector(words, table)
        g_c = np.zeros(DIM)
        for node, sign in PATHS[int(target)]:
            s = sign * (np.dot(nodes[node], c) + bias[node])
            # -log sigmoid(s), without overflow
            if s > 0:
                e = np.exp(-s)
                total += np.log(1 + e)
                slope = -e / (1 + e)
            else:
                e = np.exp(s)
                total += np.log(1 + e) - s
                slope = -1 / (1 + e)
            slope *= sign
            g_nodes[node] += slope * c
            g_bias[node] += slope
            g_c += slope * nodes[node]
        for w, a in zip(words, weights):
            g_table[w] += a * g_c
    m = len(x)
    for g in (g_table, g_nodes, g_bias):
        g /= m
    return total / m, {'table': g_table, 'nodes': g_nodes, 'bias': g_bias}


def perplexity(loss):
    return math.exp(loss)


def draw(rng, scale=1.0):
    return {'table': scale * rng.normal(size=(5, DIM)), 'nodes': scale * rng.normal(size=(4, DIM)),
            'bias': scale * rng.normal(size=4)}


def batch(rng, n):
    return rng.integers(0, 5, (n, 4)), rng.integers(0, 5, n)


rng = np.random.default_rng(608)
params = draw(rng)
x, y = batch(rng, 6)
