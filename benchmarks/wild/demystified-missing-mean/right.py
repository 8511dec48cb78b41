import numpy as np


class Neural_Network:
    def __init__(self, Lambda=0.01):
        r = np.random.RandomState(40)
        self.W1, self.W2 = r.randn(2, 3), r.randn(3, 1)
        self.Lambda = Lambda

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def sigmoidPrime(self, z):
        return np.exp(-z) / ((1 + np.exp(-z)) ** 2)

    def forward(self, X):
        self.z2 = np.dot(X, self.W1)
        self.a2 = self.sigmoid(self.z2)
        self.z3 = np.dot(self.a2, self.W2)
        return self.sigmoid(self.z3)

    def costFunction(self, X, y):
        yHat = self.forward(X)
        return 0.5 * np.sum((y - yHat) ** 2) / X.shape[0] + self.Lambda / 2 * (np.sum(self.W1**2) + np.sum(self.W2**2))

    def costFunctionPrime(self, X, y):
        yHat = self.forward(X)
        delta3 = np.multiply(-(y - yHat), self.sigmoidPrime(self.z3))
        dJdW2 = np.dot(self.a2.T, delta3) / X.shape[0] + self.Lambda * self.W2
        delta2 = np.dot(delta3, self.W2.T) * self.sigmoidPrime(self.z2)
        dJdW1 = np.dot(X.T, delta2) / X.shape[0] + self.Lambda * self.W1
        return dJdW1, dJdW2


NN = Neural_Network()
X = np.array([[0.3, 1.0], [0.5, 0.2], [1.0, 0.4], [0.6, 0.3]])
y = np.array([[0.75], [0.82], [0.93], [0.7]])
