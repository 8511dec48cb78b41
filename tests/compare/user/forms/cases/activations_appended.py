import numpy as np

np.random.seed(5)
sizes = [3, 6, 4, 2]
W = [np.random.randn(a, b) / np.sqrt(a) for a, b in zip(sizes, sizes[1:])]
b = [np.zeros(n) for n in sizes[1:]]
X = np.random.randn(32, 3)
Y = np.eye(2)[np.random.randint(0, 2, 32)]
learning_rate = 0.1

for epoch in range(200):
    activations = [X]
    for i in range(len(W)):
        z = activations[-1] @ W[i] + b[i]
        a = np.tanh(z) if i < len(W) - 1 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        activations.append(a)
    loss = -np.sum(Y * np.log(activations[-1])) / len(X)
    delta = (activations[-1] - Y) / len(X)
    for i in range(len(W) - 1, -1, -1):
        dW = activations[i].T @ delta
        db = delta.sum(axis=0)
        delta = (delta @ W[i].T) * (1 - activations[i] ** 2)
        W[i] -= learning_rate * dW
        b[i] -= learning_rate * db
    if epoch % 50 == 0:
        print(epoch, loss)
