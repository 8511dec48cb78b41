import numpy as np

class NeuralNetwork:
    """Two-layer classifier on the XOR problem."""

    def __init__(self, n_in, n_hidden, n_out, seed=42):
        rng = np.random.RandomState(seed)
        self.W1 = rng.randn(n_in, n_hidden) * np.sqrt(2. / n_in)
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = rng.randn(n_hidden, n_out) * np.sqrt(2. / n_hidden)
        self.b2 = np.zeros((1, n_out))

    def sigmoid(self, z):
        return 1.0 / (1.0 + np.exp(-z))

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def compute_loss(self, y_true, y_pred):
        m = y_true.shape[0]
        return -np.sum(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred)) / m

    def backward(self, X, y):
        m = X.shape[0]
        dz2 = self.a2 - y
        self.dW2 = np.dot(self.a1.T, dz2) / m
        self.db2 = np.sum(dz2, axis=0, keepdims=True) / m
        dz1 = np.dot(dz2, self.W2.T) * (1 - self.a1 ** 2)
        self.dW1 = np.dot(X.T, dz1) / m
        self.db1 = np.sum(dz1, axis=0, keepdims=True) / m

    def update(self, lr):
        self.W1 -= lr * self.dW1
        self.b1 -= lr * self.db1
        self.W2 -= lr * self.dW2
        self.b2 -= lr * self.db2

    def train(self, X, y, epochs=1000, lr=0.5):
        for epoch in range(epochs):
            out = self.forward(X)
            loss = self.compute_loss(y, out)
            self.backward(X, y)
            self.update(lr)
            if epoch % 100 == 0:
                print(f"Epoch {epoch}: loss = {loss:.4f}")


if __name__ == "__main__":
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    nn = NeuralNetwork(2, 4, 1)
    nn.train(X, y)
    print(nn.forward(X).round(2))
