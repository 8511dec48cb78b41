"""Recursive network over a binary tree: forward and backward call themselves, a softmax at each node."""
import numpy as np


class Node:
    def __init__(self, label, word=None, left=None, right=None):
        self.label, self.word, self.left, self.right = label, word, left, right


def forward(node, p):
    if node.word is not None:
        node.h = p["L"][node.word]
        loss = 0.0
    else:
        loss = forward(node.left, p) + forward(node.right, p)
        node.both = np.concatenate([node.left.h, node.right.h])
        node.h = np.tanh(p["W"] @ node.both + p["b"])
    s = p["U"] @ node.h + p["c"]
    s = s - np.max(s)
    total = np.exp(s).sum()
    node.probs = np.exp(s) / total
    return loss + np.log(total) - s[node.label]


def back(node, p, g, above):
    ds = node.probs.copy()
    ds[node.label] -= 1
    g["U"] += np.outer(ds, node.h)
    g["c"] += ds
    dh = p["U"].T @ ds + above
    if node.word is not None:
        g["L"][node.word] += dh
        return
    dz = dh * (1 - node.h ** 2)
    g["W"] += np.outer(dz, node.both)
    g["b"] += dz
    below = p["W"].T @ dz
    d = len(node.h)
    back(node.left, p, g, below[:d])
    back(node.right, p, g, below[d:])


def backward(params, x, y):
    root = build(x, y)
    cost = forward(root, params)
    grads = {k: np.zeros_like(v) for k, v in params.items()}
    back(root, params, grads, np.zeros(params["b"].shape))
    return cost, grads


def build(words, labels):
    nodes = [Node(labels[i], word=w) for i, w in enumerate(words)]
    for label in labels[len(words):2 * len(words) - 1]:
        nodes.append(Node(label, left=nodes.pop(0), right=nodes.pop(0)))
    return nodes[0]


def draw(rng, scale=1.0):
    shapes = {"L": (6, 3), "W": (3, 6), "b": (3,), "U": (4, 3), "c": (4,)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return [int(i) for i in rng.integers(0, 6, size=n)], [int(i) for i in rng.integers(0, 4, size=2 * n)]


rng = np.random.default_rng(13)
params = draw(rng)
x, y = batch(rng, 5)
