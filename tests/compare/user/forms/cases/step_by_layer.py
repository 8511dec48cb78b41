import numpy as np


class NeuralNetwork:
    def __init__(self, layer_sizes, learning_rate=0.1):
        self.lr = learning_rate
        self.weights = [np.random.randn(a, b) * np.sqrt(1 / a) for a, b in zip(layer_sizes[:-1], layer_sizes[1:])]
        self.biases = [np.zeros((1, b)) for b in layer_sizes[1:]]

    @staticmethod
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def feed_forward(self, X):
        self.activations = [X]
        for W, b in zip(self.weights, self.biases):
            X = self.sigmoid(X @ W + b)
            self.activations.append(X)
        return X

    def train_step(self, X, y):
        out = self.feed_forward(X)
        loss = np.sum((out - y) ** 2) / (2 * len(X))
        delta = (out - y) * out * (1 - out) / len(X)
        for i in reversed(range(len(self.weights))):
            a = self.activations[i]
            dW = a.T @ delta
            db = delta.sum(axis=0, keepdims=True)
            delta = (delta @ self.weights[i].T) * a * (1 - a)
            self.weights[i] -= self.lr * dW
            self.biases[i] -= self.lr * db
        return loss

    def train(self, X, y, epochs=100):
        for epoch in range(epochs):
            loss = self.train_step(X, y)
            if epoch % 20 == 0:
                print(f"epoch {epoch}: loss {loss:.4f}")


np.random.seed(10)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
nn = NeuralNetwork([2, 4, 3, 1])
nn.train(X, y)
