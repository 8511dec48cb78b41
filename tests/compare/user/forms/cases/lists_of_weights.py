import numpy as np

np.random.seed(0)
sizes = [4, 6, 5, 2]
weights = [np.random.randn(m, n) * np.sqrt(1 / m) for m, n in zip(sizes[:-1], sizes[1:])]
biases = [np.random.randn(n) * 0.1 for n in sizes[1:]]

def forward(x, weights, biases):
    activations, pre = [x], []
    for i, (w, b) in enumerate(zip(weights, biases)):
        z = activations[-1] @ w + b
        pre.append(z)
        a = z if i == len(weights) - 1 else np.tanh(z)
        activations.append(a)
    return activations, pre

def compute_loss(x, y, weights, biases):
    return 0.5 * np.sum((forward(x, weights, biases)[0][-1] - y) ** 2) / len(x)

def compute_gradients(x, y, weights, biases):
    activations, pre = forward(x, weights, biases)
    dws, dbs = [None] * len(weights), [None] * len(biases)
    delta = (activations[-1] - y) / len(x)
    for i in reversed(range(len(weights))):
        dws[i] = activations[i].T @ delta
        dbs[i] = delta.sum(axis=0)
        if i > 0:
            delta = (delta @ weights[i].T) * (1 - activations[i] ** 2)
    return dws, dbs

x = np.random.randn(12, 4)
y = np.random.randn(12, 2)
for step in range(300):
    dws, dbs = compute_gradients(x, y, weights, biases)
    for w, dw in zip(weights, dws):
        w -= 0.1 * dw
    for b, db in zip(biases, dbs):
        b -= 0.1 * db
print(compute_loss(x, y, weights, biases))
