"""Soft decision tree: gates at inner nodes, leaves with class scores, path probabilities by index arithmetic, nodes in lists."""
import numpy as np

DEPTH = 2
INNER, LEAVES = 2 ** DEPTH - 1, 2 ** DEPTH


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class SoftTree:
    def __init__(self, params):
        self.w, self.b, self.leaf = params["gate_w"], params["gate_b"], params["leaf"]

    def forward(self, X):
        self.X = X
        self.gate = 0.5 * (1 + np.tanh(0.5 * (X @ self.w.T + self.b)))
        self.reach = [np.ones(len(X))]
        for node in range(INNER):
            g = self.gate[:, node]
            self.reach.append(self.reach[node] * (1 - g))
            self.reach.append(self.reach[node] * g)
        self.q = softmax(self.leaf)
        self.prob = sum(self.reach[INNER + k][:, None] * self.q[k] for k in range(LEAVES))
        return self.prob

    def backward(self, dprob):
        dreach = [np.zeros(len(self.X)) for _ in self.reach]
        dleaf = np.zeros_like(self.leaf)
        for k in range(LEAVES):
            dq = self.reach[INNER + k] @ dprob
            dleaf[k] = self.q[k] * (dq - np.dot(dq, self.q[k]))
            dreach[INNER + k] = dprob @ self.q[k]
        dgate = np.zeros_like(self.gate)
        for node in range(INNER - 1, -1, -1):
            left, right = dreach[2 * node + 1], dreach[2 * node + 2]
            g = self.gate[:, node]
            dgate[:, node] = self.reach[node] * (right - left)
            dreach[node] = left * (1 - g) + right * g
        dpre = dgate * self.gate * (1 - self.gate)
        return {"gate_w": dpre.T @ self.X, "gate_b": dpre.sum(axis=0), "leaf": dleaf}


def backward(params, x, y):
    tree = SoftTree(params)
    prob = tree.forward(x)
    N = x.shape[0]
    rows = np.arange(N)
    p = prob[rows, y] + 1e-3
    loss = -np.mean(np.log(p))
    # plus a penalty that keeps the root balanced
    balance = tree.gate[:, 0].mean() - 0.5
    loss += balance ** 2

    dprob = np.zeros_like(prob)
    dprob[rows, y] = -1 / (N * p)
    grads = tree.backward(dprob)
    g = tree.gate[:, 0]
    droot = 2 * balance * g * (1 - g) / N
    grads["gate_w"][0] += droot @ x
    grads["gate_b"][0] += droot.sum()
    return loss, grads


def draw(rng, scale=1.0):
    shapes = {"gate_w": (INNER, 3), "gate_b": (INNER,), "leaf": (LEAVES, 3)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.integers(0, 3, size=n)


rng = np.random.default_rng(69)
params = draw(rng)
x, y = batch(rng, 6)
