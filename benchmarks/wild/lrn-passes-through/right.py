import numpy as np

rng = np.random.RandomState(15)


class LocalResponseNormalization:
    def __init__(self, alpha=0.5, beta=0.75, n=3, k=1.0):
        self.alpha, self.beta, self.n, self.k = alpha, beta, n, k

    def window(self, v):
        half, out = self.n // 2, np.zeros_like(v)
        for c in range(v.shape[1]):
            out[:, c] = v[:, max(0, c - half) : c + half + 1].sum(axis=1)
        return out

    def fprop(self, X):
        self.X = X
        self.scale = self.k + self.alpha * self.window(X**2)
        return X * self.scale**-self.beta

    def bprop(self, Y_grad):
        inner = self.window(Y_grad * self.X * self.scale ** (-self.beta - 1))
        X_grad = Y_grad * self.scale**-self.beta - 2 * self.alpha * self.beta * self.X * inner
        return X_grad


class Convolution1x1:
    def __init__(self, W):
        self.W = W

    def fprop(self, X):
        self.X = X
        return np.einsum("oc,ncp->nop", self.W, X)

    def bprop(self, Y_grad):
        return np.einsum("nop,ncp->oc", Y_grad, self.X), np.einsum("oc,nop->ncp", self.W, Y_grad)


def convnet(params, x, y):
    first, norm, last = Convolution1x1(params["W1"]), LocalResponseNormalization(), Convolution1x1(params["W2"])
    out = last.fprop(norm.fprop(first.fprop(x)))
    loss = 0.5 * np.sum((out - y) ** 2) / len(x)
    W2_grad, grad = last.bprop((out - y) / len(x))
    W1_grad, _ = first.bprop(norm.bprop(grad))
    return loss, {"W1": W1_grad, "W2": W2_grad}


params = {"W1": rng.normal(size=(5, 3)), "W2": rng.normal(size=(2, 5))}
x, y = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 2, 4))
