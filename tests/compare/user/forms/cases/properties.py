import numpy as np


class Layer:
    def __init__(self, fan_in, fan_out, rng):
        self._weights = rng.normal(scale=fan_in**-0.5, size=(fan_out, fan_in))
        self._biases = np.zeros((fan_out, 1))
        self._grad_weights = None
        self._grad_biases = None

    @property
    def weights(self):
        return self._weights

    @weights.setter
    def weights(self, value):
        assert value.shape == self._weights.shape
        self._weights = value

    @property
    def biases(self):
        return self._biases

    @biases.setter
    def biases(self, value):
        self._biases = value


class Net:
    def __init__(self, sizes, seed=1):
        rng = np.random.default_rng(seed)
        self.layers = [Layer(a, b, rng) for a, b in zip(sizes, sizes[1:])]

    def forward(self, X):
        self._a = [X]
        for layer in self.layers:
            X = np.tanh(layer.weights @ X + layer.biases)
            self._a.append(X)
        return X

    def cost(self, X, Y):
        return 0.5 * np.sum((self.forward(X) - Y) ** 2) / X.shape[1]

    def backprop(self, X, Y):
        m = X.shape[1]
        A = self.forward(X)
        delta = (A - Y) / m * (1 - A**2)
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            layer._grad_weights = delta @ self._a[i].T
            layer._grad_biases = delta.sum(axis=1, keepdims=True)
            delta = (layer.weights.T @ delta) * (1 - self._a[i] ** 2)

    def step(self, rate):
        for layer in self.layers:
            layer.weights = layer.weights - rate * layer._grad_weights
            layer.biases = layer.biases - rate * layer._grad_biases


rng = np.random.default_rng(0)
X = rng.normal(size=(3, 30))
Y = np.vstack([np.sin(X[0]), X[1] * X[2]]) * 0.5
net = Net([3, 5, 2])
for i in range(1000):
    net.backprop(X, Y)
    net.step(0.1)
    if i % 100 == 0:
        print(i, net.cost(X, Y))
