import numpy as np


class NeuralNet:
    def __init__(self, architecture, seed=99):
        rng = np.random.RandomState(seed)
        self.layers = {}
        self.grads = {}
        self.memory = {}
        self.architecture = architecture
        for idx, layer in enumerate(architecture, start=1):
            self.layers[idx] = {
                "W": rng.randn(layer["output_dim"], layer["input_dim"]) * 0.1,
                "b": rng.randn(layer["output_dim"], 1) * 0.1,
                "activation": layer["activation"],
            }

    @staticmethod
    def activate(Z, kind):
        return np.maximum(0, Z) if kind == "relu" else 1 / (1 + np.exp(-Z))

    @staticmethod
    def activate_backward(dA, Z, kind):
        if kind == "relu":
            return dA * (Z > 0)
        sig = 1 / (1 + np.exp(-Z))
        return dA * sig * (1 - sig)

    def full_forward(self, X):
        A = X
        for idx, layer in self.layers.items():
            A_prev = A
            Z = np.dot(layer["W"], A_prev) + layer["b"]
            A = self.activate(Z, layer["activation"])
            self.memory[idx] = {"A_prev": A_prev, "Z": Z}
        return A

    def get_cost(self, Y_hat, Y):
        m = Y_hat.shape[1]
        cost = -1 / m * (np.dot(Y, np.log(Y_hat).T) + np.dot(1 - Y, np.log(1 - Y_hat).T))
        return np.squeeze(cost)

    def full_backward(self, Y_hat, Y):
        m = Y.shape[1]
        dA = -(np.divide(Y, Y_hat) - np.divide(1 - Y, 1 - Y_hat))
        for idx in reversed(list(self.layers)):
            layer, mem = self.layers[idx], self.memory[idx]
            dZ = self.activate_backward(dA, mem["Z"], layer["activation"])
            self.grads[idx] = {"dW": np.dot(dZ, mem["A_prev"].T) / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}
            dA = np.dot(layer["W"].T, dZ)

    def update(self, lr):
        for idx, layer in self.layers.items():
            layer["W"] -= lr * self.grads[idx]["dW"]
            layer["b"] -= lr * self.grads[idx]["db"]

    def train(self, X, Y, epochs, lr):
        history = []
        for i in range(epochs):
            Y_hat = self.full_forward(X)
            cost = self.get_cost(Y_hat, Y)
            history.append(cost)
            self.full_backward(Y_hat, Y)
            self.update(lr)
        return history


nn_architecture = [
    {"input_dim": 2, "output_dim": 6, "activation": "relu"},
    {"input_dim": 6, "output_dim": 5, "activation": "relu"},
    {"input_dim": 5, "output_dim": 1, "activation": "sigmoid"},
]

rng = np.random.RandomState(1)
X = rng.randn(2, 50)
Y = ((X[0] ** 2 + X[1] ** 2) < 1).astype(float).reshape(1, -1)
net = NeuralNet(nn_architecture)
history = net.train(X, Y, 100, 0.01)
print("final cost", history[-1])
