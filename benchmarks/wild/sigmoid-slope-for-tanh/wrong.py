import numpy as np


class NN:
    def __init__(self):
        r = np.random.default_rng(3)
        self.hidden, self.last = r.normal(size=(5, 2)), r.normal(size=(1, 5))

    def forward(self, point):
        self.out_hidden = np.tanh(self.hidden @ point)
        self.out = np.tanh(self.last @ self.out_hidden)
        return self.out

    def backPropagate(self, point, desired):
        neuronError = self.out - desired
        sig_last = neuronError * (1 - self.out**2)
        sig_hidden = self.last.T @ sig_last * self.out_hidden * (1 - self.out_hidden)
        return {"hidden": np.outer(sig_hidden, point), "last": np.outer(sig_last, self.out_hidden)}


nn = NN()
params = {"hidden": nn.hidden, "last": nn.last}
x, y = np.array([0.7, -0.4]), np.array([0.25])


def error_and_changes(params, x, y):
    nn.hidden, nn.last = params["hidden"], params["last"]
    error = 0.5 * np.sum((nn.forward(x) - y) ** 2)
    return error, nn.backPropagate(x, y)
