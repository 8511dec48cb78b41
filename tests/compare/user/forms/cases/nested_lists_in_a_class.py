import math
import random


class NeuralNetwork:
    """A 2-2-1 network without any library."""

    def __init__(self, sizes, seed=0):
        rnd = random.Random(seed)
        self.sizes = sizes
        self.weights = [[[rnd.gauss(0, 1) for _ in range(a)] for _ in range(b)] for a, b in zip(sizes, sizes[1:])]
        self.biases = [[rnd.gauss(0, 1) for _ in range(b)] for b in sizes[1:]]

    def forward(self, x):
        self.acts = [list(x)]
        for W, b in zip(self.weights, self.biases):
            z = [sum(wi * ai for wi, ai in zip(row, self.acts[-1])) + bi for row, bi in zip(W, b)]
            self.acts.append([math.tanh(v) for v in z])
        return self.acts[-1]

    def loss(self, x, y):
        out = self.forward(x)
        return sum((o - t) ** 2 for o, t in zip(out, y)) / len(y)

    def backward(self, y):
        out = self.acts[-1]
        delta = [2 * (o - t) / len(y) * (1 - o * o) for o, t in zip(out, y)]
        self.grad_weights = [None] * len(self.weights)
        self.grad_biases = [None] * len(self.biases)
        for l in reversed(range(len(self.weights))):
            prev = self.acts[l]
            self.grad_weights[l] = [[d * a for a in prev] for d in delta]
            self.grad_biases[l] = list(delta)
            if l > 0:
                W = self.weights[l]
                delta = [sum(W[k][j] * delta[k] for k in range(len(delta))) * (1 - prev[j] ** 2) for j in range(len(prev))]

    def update(self, lr):
        for l in range(len(self.weights)):
            for i in range(len(self.weights[l])):
                for j in range(len(self.weights[l][i])):
                    self.weights[l][i][j] -= lr * self.grad_weights[l][i][j]
                self.biases[l][i] -= lr * self.grad_biases[l][i]


if __name__ == "__main__":
    net = NeuralNetwork([2, 3, 2])
    samples = [([0.2, 0.7], [0.5, -0.2]), ([0.9, -0.4], [0.1, 0.3])]
    for epoch in range(100):
        total = 0
        for x, y in samples:
            total += net.loss(x, y)
            net.backward(y)
            net.update(0.1)
        if epoch % 10 == 0:
            print(epoch, total)
