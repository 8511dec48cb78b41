import numpy as np


class LogisticRegression:
    def sigmoid(self, a):
        return 1 / (1 + np.exp(-a))

    def cost_and_gradients(self, params, X, y_true):
        n_samples = X.shape[0]
        y_predict = self.sigmoid(np.dot(X, params["weights"]) + params["bias"])
        cost = (-1 / n_samples) * np.sum(y_true * np.log(y_predict) + (1 - y_true) * np.log(1 - y_predict))
        dw = (1 / n_samples) * np.dot(X.T, (y_predict - y_true))
        db = (1 / n_samples) * (y_predict - y_true)
        return cost, {"weights": dw, "bias": db}


rng = np.random.default_rng(123)
X = rng.normal(size=(8, 2))
y_true = rng.integers(0, 2, (8, 1)).astype(float)
params = {"weights": rng.normal(size=(2, 1)), "bias": 0.3}
regressor = LogisticRegression()


def costs(params, X, y_true):
    return regressor.cost_and_gradients(params, X, y_true)
