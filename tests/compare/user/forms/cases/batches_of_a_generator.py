import numpy as np


def batches(X, y, size, rng):
    order = rng.permutation(len(X))
    for k in range(0, len(X), size):
        pick = order[k : k + size]
        yield X[pick], y[pick]


def relu(z):
    return np.maximum(z, 0)


def relu_grad(z):
    return (z > 0).astype(z.dtype)


rng = np.random.default_rng(5)
X = rng.normal(size=(96, 5))
y = (X[:, :1] ** 2 - X[:, 1:2]).round(2)
theta = {
    "w0": rng.normal(size=(5, 8)) * np.sqrt(2 / 5),
    "c0": np.zeros(8),
    "w1": rng.normal(size=(8, 8)) * np.sqrt(2 / 8),
    "c1": np.zeros(8),
    "w2": rng.normal(size=(8, 1)) * np.sqrt(2 / 8),
    "c2": np.zeros(1),
}
for epoch in range(300):
    epoch_loss = 0.0
    for xb, yb in batches(X, y, 32, rng):
        z0 = xb @ theta["w0"] + theta["c0"]
        h0 = relu(z0)
        z1 = h0 @ theta["w1"] + theta["c1"]
        h1 = relu(z1) + h0
        out = h1 @ theta["w2"] + theta["c2"]
        loss = np.abs(out - yb).mean()
        epoch_loss += loss

        g = {}
        dout = np.sign(out - yb) / out.size
        g["w2"], g["c2"] = h1.T @ dout, dout.sum(0)
        dh1 = dout @ theta["w2"].T
        dz1 = dh1 * relu_grad(z1)
        g["w1"], g["c1"] = h0.T @ dz1, dz1.sum(0)
        dh0 = dz1 @ theta["w1"].T + dh1
        dz0 = dh0 * relu_grad(z0)
        g["w0"], g["c0"] = xb.T @ dz0, dz0.sum(0)
        for k, v in g.items():
            theta[k] -= 1e-2 * v
    if epoch % 100 == 0:
        print(epoch, epoch_loss)
