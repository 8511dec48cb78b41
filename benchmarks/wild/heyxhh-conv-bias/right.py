import numpy as np


class Conv1d:
    def __init__(self, filters, width, seed=3):
        rng = np.random.default_rng(seed)
        self.W = rng.normal(size=(filters, width))
        self.b = rng.normal(size=filters)

    def forward(self, x):
        self.x = x
        k = self.W.shape[1]
        self.windows = np.stack([x[:, i : i + k] for i in range(x.shape[1] - k + 1)], axis=1)
        return self.windows @ self.W.T + self.b

    def backward(self, d_out):
        self.dW = np.einsum("nwf,nwk->fk", d_out, self.windows)
        self.db = d_out.sum(axis=(0, 1))


class Net:
    def __init__(self):
        self.conv = Conv1d(2, 3)

    def loss(self, x, y):
        out = np.tanh(self.conv.forward(x))
        batch = len(x)
        self.conv.backward((out - y) * (1 - out**2) / batch)
        return 0.5 * np.sum((out - y) ** 2) / batch


net = Net()
x = np.random.default_rng(1).normal(size=(4, 6))
y = np.random.default_rng(2).uniform(-1, 1, (4, 4, 2))
params = {"W": net.conv.W, "b": net.conv.b}


def loss_and_grads(params, x, y):
    net.conv.W, net.conv.b = params["W"], params["b"]
    value = net.loss(x, y)
    return value, {"W": net.conv.dW, "b": net.conv.db}
