import numpy as np


class MLPRegressor:
    def __init__(self, hidden=8, lr=0.05, n_iter=100, batch_size=16, seed=0):
        self.hidden, self.lr, self.n_iter, self.batch_size, self.seed = hidden, lr, n_iter, batch_size, seed

    def _init(self, n_features):
        rng = np.random.default_rng(self.seed)
        self.coefs_ = [rng.normal(size=(n_features, self.hidden)) * 0.5, rng.normal(size=(self.hidden, 1)) * 0.5]
        self.intercepts_ = [np.zeros(self.hidden), np.zeros(1)]

    def _forward(self, X):
        z = X @ self.coefs_[0] + self.intercepts_[0]
        h = np.maximum(z, 0.01 * z)
        return z, h, h @ self.coefs_[1] + self.intercepts_[1]

    def fit(self, X, y):
        self._init(X.shape[1])
        rng = np.random.default_rng(self.seed)
        y = y.reshape(-1, 1)
        self.loss_curve_ = []
        for it in range(self.n_iter):
            order = rng.permutation(len(X))
            epoch_loss = 0.0
            for start in range(0, len(X), self.batch_size):
                idx = order[start:start + self.batch_size]
                xb, yb = X[idx], y[idx]
                z, h, out = self._forward(xb)
                err = out - yb
                batch_loss = np.mean(err ** 2) / 2
                epoch_loss += batch_loss
                d_out = err / len(xb)
                d_h = d_out @ self.coefs_[1].T
                d_z = d_h * np.where(z > 0, 1, 0.01)
                grads_w = [xb.T @ d_z, h.T @ d_out]
                grads_b = [d_z.sum(axis=0), d_out.sum(axis=0)]
                for i in range(2):
                    self.coefs_[i] -= self.lr * grads_w[i]
                    self.intercepts_[i] -= self.lr * grads_b[i]
            self.loss_curve_.append(epoch_loss)
        return self

    def predict(self, X):
        return self._forward(X)[2].ravel()


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (64, 3))
    y = np.sin(X[:, 0] * 3) + X[:, 1]
    model = MLPRegressor().fit(X, y)
    print(model.loss_curve_[-1])
