import numpy as np
from typing import List

class Layer:
    def forward(self, x): raise NotImplementedError
    def backward(self, dout): raise NotImplementedError

class Linear(Layer):
    def __init__(self, in_features: int, out_features: int):
        limit = np.sqrt(6 / (in_features + out_features))
        self.W = np.random.uniform(-limit, limit, (in_features, out_features))
        self.b = np.zeros(out_features)
        self.dW = None
        self.db = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T

class ReLU(Layer):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask

class Sigmoid(Layer):
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)

class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        exps = np.exp(shifted)
        self.probs = exps / exps.sum(axis=1, keepdims=True)
        self.labels = labels
        n = logits.shape[0]
        return -np.log(self.probs[np.arange(n), labels] ).mean()

    def backward(self):
        n = len(self.labels)
        d = self.probs.copy()
        d[np.arange(n), self.labels] -= 1
        return d / n

class Sequential:
    def __init__(self, layers: List[Layer]):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

class SGD:
    def __init__(self, model, lr=0.01):
        self.model, self.lr = model, lr
    def step(self):
        for layer in self.model.layers:
            if hasattr(layer, "W"):
                layer.W -= self.lr * layer.dW
                layer.b -= self.lr * layer.db

def main():
    np.random.seed(3)
    X = np.random.randn(64, 6)
    y = np.random.randint(0, 3, 64)
    model = Sequential([Linear(6, 16), ReLU(), Linear(16, 8), Sigmoid(), Linear(8, 3)])
    criterion = SoftmaxCrossEntropy()
    opt = SGD(model, 0.1)
    for epoch in range(50):
        logits = model.forward(X)
        loss = criterion.forward(logits, y)
        model.backward(criterion.backward())
        opt.step()
        print(epoch, loss)

if __name__ == "__main__":
    main()
