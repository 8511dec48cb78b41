import numpy as np
import matplotlib.pyplot as plt

class LinearRegression:
    def __init__(self, lr=0.01, epochs=300):
        self.lr = lr
        self.epochs = epochs
        self.cost_history = []

    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0
        for epoch in range(self.epochs):
            y_pred = np.dot(X, self.weights) + self.bias
            cost = (1 / (2 * n_samples)) * np.sum((y_pred - y) ** 2)
            dw = (1 / n_samples) * np.dot(X.T, (y_pred - y))
            db = (1 / n_samples) * np.sum(y_pred - y)
            self.weights = self.weights - self.lr * dw
            self.bias = self.bias - self.lr * db
            self.cost_history.append(cost)

    def predict(self, X):
        return np.dot(X, self.weights) + self.bias

if __name__ == "__main__":
    np.random.seed(2)
    X = np.random.rand(80, 2) * 4
    y = 3 * X[:, 0] - X[:, 1] + 4 + 0.1 * np.random.randn(80)
    model = LinearRegression(lr=0.05, epochs=500)
    model.fit(X, y)
    plt.figure(figsize=(8, 4))
    plt.plot(range(len(model.cost_history)), model.cost_history)
    plt.title(f"final cost {model.cost_history[-1]:.4f}")
    plt.show()
