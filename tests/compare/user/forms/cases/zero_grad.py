import numpy as np
np.random.seed(42)

class Module:
    def __init__(self):
        self.params = {}
        self.grads = {}
    def zero_grad(self):
        for k in self.grads:
            self.grads[k] = np.zeros_like(self.grads[k])
    def __call__(self, x):
        return self.forward(x)

class Linear(Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.params['weight'] = np.random.randn(n_in, n_out) / np.sqrt(n_in)
        self.params['bias'] = np.zeros((1, n_out))
        self.grads['weight'] = np.zeros((n_in, n_out))
        self.grads['bias'] = np.zeros((1, n_out))
    def forward(self, x):
        self.x = x
        return x @ self.params['weight'] + self.params['bias']
    def backward(self, grad):
        self.grads['weight'] += self.x.T @ grad
        self.grads['bias'] += grad.sum(0, keepdims=True)
        return grad @ self.params['weight'].T

class ELU(Module):
    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = alpha
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * (np.exp(x) - 1))
    def backward(self, grad):
        return grad * np.where(self.x > 0, 1, self.alpha * np.exp(self.x))

class Sequential(Module):
    def __init__(self, *modules):
        super().__init__()
        self.modules = modules
    def forward(self, x):
        for m in self.modules:
            x = m(x)
        return x
    def backward(self, grad):
        for m in reversed(self.modules):
            grad = m.backward(grad)
        return grad
    def zero_grad(self):
        for m in self.modules:
            m.zero_grad()
    def step(self, lr):
        for m in self.modules:
            for k in m.params:
                m.params[k] -= lr * m.grads[k]

class HuberLoss:
    def __init__(self, delta=1.0):
        self.delta = delta
    def forward(self, pred, target):
        self.diff = pred - target
        small = np.abs(self.diff) <= self.delta
        self.small = small
        return np.where(small, 0.5 * self.diff ** 2, self.delta * (np.abs(self.diff) - 0.5 * self.delta)).mean()
    def backward(self):
        return np.where(self.small, self.diff, self.delta * np.sign(self.diff)) / self.diff.size

model = Sequential(Linear(3, 7), ELU(), Linear(7, 5), ELU(0.5), Linear(5, 1))
criterion = HuberLoss()
X = np.random.randn(64, 3)
Y = np.sin(X.sum(axis=1, keepdims=True)) * 2
batch_size = 16
for epoch in range(200):
    perm = np.random.permutation(len(X))
    total = 0
    for start in range(0, len(X), batch_size):
        idx = perm[start:start + batch_size]
        pred = model(X[idx])
        loss = criterion.forward(pred, Y[idx])
        model.zero_grad()
        model.backward(criterion.backward())
        model.step(0.05)
        total += loss
    if epoch % 50 == 0:
        print(f"epoch {epoch}: {total:.4f}")
