import numpy as np


class Linear:
    def __init__(self, n_in, n_out, weight_decay, seed):
        r = np.random.default_rng(seed)
        self.W, self.b, self.weight_decay = r.normal(size=(n_in, n_out)), r.normal(size=n_out), weight_decay

    def fprop(self, input):
        self.last_input = input
        return np.dot(input, self.W) + self.b

    def bprop(self, output_grad):
        n = output_grad.shape[0]
        self.dW = np.dot(self.last_input.T, output_grad) / n - self.weight_decay * self.W
        self.db = np.mean(output_grad, axis=0)
        return np.dot(output_grad, self.W.T)


layer = Linear(3, 2, 0.1, 4)
x = np.random.default_rng(5).normal(size=(6, 3))
y = np.random.default_rng(6).normal(size=(6, 2))


def objective(params, x, y):
    layer.W, layer.b = params["W"], params["b"]
    out = layer.fprop(x)
    value = 0.5 * np.sum((out - y) ** 2) / len(x) + 0.5 * layer.weight_decay * np.sum(layer.W**2)
    layer.bprop(out - y)
    return value, {"W": layer.dW, "b": layer.db}


params = {"W": layer.W, "b": layer.b}
