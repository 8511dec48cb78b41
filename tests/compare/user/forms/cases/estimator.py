import numpy as np

class LogisticRegressionGD:
    """Logistic regression in the style of an estimator."""

    def __init__(self, learning_rate=0.1, n_iter=200, C=10.0, random_state=0):
        self.learning_rate = learning_rate
        self.n_iter = n_iter
        self.C = C
        self.random_state = random_state

    def _sigmoid(self, z):
        return 1.0 / (1.0 + np.exp(-np.clip(z, -250, 250)))

    def _loss(self, X, y):
        p = self._sigmoid(X @ self.coef_ + self.intercept_)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + 0.5 / self.C * self.coef_ @ self.coef_

    def fit(self, X, y):
        rng = np.random.RandomState(self.random_state)
        n_samples, n_features = X.shape
        self.coef_ = rng.normal(scale=0.1, size=n_features)
        self.intercept_ = 0.0
        self.losses_ = []
        for _ in range(self.n_iter):
            p = self._sigmoid(X @ self.coef_ + self.intercept_)
            error = p - y
            grad_coef = X.T @ error / n_samples + self.coef_ / self.C
            grad_intercept = error.mean()
            self.losses_.append(self._loss(X, y))
            self.coef_ -= self.learning_rate * grad_coef
            self.intercept_ -= self.learning_rate * grad_intercept
        return self

    def predict(self, X):
        return (self._sigmoid(X @ self.coef_ + self.intercept_) >= 0.5).astype(int)

if __name__ == "__main__":
    rng = np.random.RandomState(1)
    X = rng.randn(100, 5)
    y = (X @ np.array([1, -2, 0, 0.5, 1]) > 0).astype(float)
    clf = LogisticRegressionGD().fit(X, y)
    print("train accuracy", (clf.predict(X) == y).mean())
