import numpy as np; np.random.seed(0)
import matplotlib.pyplot as plt
from tqdm import tqdm

data = np.loadtxt("winequality-red.csv", delimiter=";", skiprows=1)
X_all, y_all = data[:, :-1], data[:, -1:]

class Regressor:
    def __init__(self, n_features=5, n_hidden=7):
        self.W1 = np.random.randn(n_features, n_hidden) * 0.3
        self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.randn(n_hidden, 1) * 0.3
        self.b2 = np.zeros(1)

    def forward(self, X):
        self.X = X
        self.h = np.maximum(0, X @ self.W1 + self.b1)
        return self.h @ self.W2 + self.b2

    def loss(self, X, y):
        self.pred = self.forward(X)
        return 0.5 * np.mean((self.pred - y) ** 2)

    def backward(self, y):
        d = (self.pred - y) / len(y)
        self.dW2 = self.h.T @ d
        self.db2 = d.sum(0)
        dh = (d @ self.W2.T) * (self.h > 0)
        self.dW1 = self.X.T @ dh
        self.db1 = dh.sum(0)

if __name__ == "__main__":
    model = Regressor(X_all.shape[1])
    for epoch in tqdm(range(100)):
        l = model.loss(X_all, y_all)
        model.backward(y_all)
        for n in ("W1", "b1", "W2", "b2"):
            setattr(model, n, getattr(model, n) - 0.01 * getattr(model, "d" + n))
    plt.plot(model.forward(X_all)[:, 0])
    plt.show()
