import numpy as np


def sigmoid(x):
    return 1.0 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    return x * (1.0 - x)


class NeuralNetwork:
    def __init__(self, x, y):
        rng = np.random.RandomState(8)
        self.input = x
        self.weights1 = rng.rand(self.input.shape[1], 4)
        self.weights2 = rng.rand(4, 1)
        self.y = y

    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1))
        self.output = sigmoid(np.dot(self.layer1, self.weights2))
        return self.output

    def loss(self):
        return np.sum((self.y - self.output) ** 2)

    def backward(self):
        d = 2 * (self.output - self.y) * sigmoid_derivative(self.output)
        self.d_weights2 = np.dot(self.layer1.T, d)
        self.d_weights1 = np.dot(self.input.T, np.dot(d, self.weights2.T) * sigmoid_derivative(self.layer1))


X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
y = np.array([[0.0], [1.0], [1.0], [0.0]])
net = NeuralNetwork(X, y)
