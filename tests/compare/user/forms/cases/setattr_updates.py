import numpy as np

class Conv2D:
    def __init__(self, in_ch, out_ch, k):
        self.k = k
        self.filters = np.random.randn(out_ch, in_ch, k, k) / (k * k)
        self.bias = np.zeros(out_ch)

    def forward(self, x):
        self.last_input = x
        n, c, h, w = x.shape
        oh, ow = h - self.k + 1, w - self.k + 1
        out = np.zeros((n, len(self.filters), oh, ow))
        for i in range(oh):
            for j in range(ow):
                patch = x[:, :, i:i + self.k, j:j + self.k]
                out[:, :, i, j] = np.tensordot(patch, self.filters, axes=([1, 2, 3], [1, 2, 3])) + self.bias
        return out

    def backward(self, dout):
        x = self.last_input
        self.dfilters = np.zeros_like(self.filters)
        self.dbias = dout.sum(axis=(0, 2, 3))
        dx = np.zeros_like(x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                patch = x[:, :, i:i + self.k, j:j + self.k]
                self.dfilters += np.tensordot(dout[:, :, i, j], patch, axes=([0], [0]))
                dx[:, :, i:i + self.k, j:j + self.k] += np.tensordot(dout[:, :, i, j], self.filters, axes=([1], [0]))
        return dx

class MaxPool2:
    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        r = x.reshape(n, c, h // 2, 2, w // 2, 2)
        self.out = r.max(axis=(3, 5))
        return self.out

    def backward(self, dout):
        n, c, h, w = self.x.shape
        r = self.x.reshape(n, c, h // 2, 2, w // 2, 2)
        mask = r == self.out[:, :, :, None, :, None]
        return (mask * dout[:, :, :, None, :, None]).reshape(n, c, h, w)

class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)
    def backward(self, dout):
        return dout.reshape(self.shape)

class Dense:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out) / np.sqrt(n_in)
        self.bias = np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias
    def backward(self, dout):
        self.dweights = self.x.T @ dout
        self.dbias = dout.sum(0)
        return dout @ self.weights.T

class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(1, keepdims=True))
        self.p = e / e.sum(1, keepdims=True)
        return self.p
    def loss(self, y):
        return -np.log(self.p[np.arange(len(y)), y]).mean()
    def backward(self, y):
        d = self.p.copy()
        d[np.arange(len(y)), y] -= 1
        return d / len(y)

np.random.seed(0)
net = [Conv2D(1, 2, 3), MaxPool2(), Flatten(), Dense(18, 3)]
head = Softmax()
images = np.random.randn(4, 1, 8, 8)
labels = np.array([0, 2, 1, 1])

for epoch in range(3):
    out = images
    for layer in net:
        out = layer.forward(out)
    head.forward(out)
    loss = head.loss(labels)
    grad = head.backward(labels)
    for layer in reversed(net):
        grad = layer.backward(grad)
    for layer in net:
        for name in ("filters", "weights", "bias"):
            if hasattr(layer, name):
                setattr(layer, name, getattr(layer, name) - 0.05 * getattr(layer, "d" + name))
    print("epoch", epoch, "loss", loss)
