import numpy as np

np.random.seed(5)


def relu(x):
    return (x >= 0) * x


def relu2deriv(output):
    return output > 0


images = np.random.rand(5, 6)
labels = np.eye(3)[[0, 2, 1, 1, 0]]
alpha = 0.005
weights_0_1 = np.random.uniform(-0.6, 0.6, (6, 8))
weights_1_2 = np.random.uniform(-0.6, 0.6, (8, 3))

for j in range(10):
    layer_0 = images
    layer_1 = relu(np.dot(layer_0, weights_0_1))
    layer_2 = np.dot(layer_1, weights_1_2)
    error = np.sum((labels - layer_2) ** 2) / 2
    layer_2_delta = layer_2 - labels
    layer_1_delta = layer_2_delta.dot(weights_1_2.T) * relu2deriv(layer_1)
    grad_1_2 = layer_1.T.dot(layer_2_delta)
    grad_0_1 = layer_0.T.dot(layer_1_delta)
    weights_1_2 -= alpha * grad_1_2
    weights_0_1 -= alpha * grad_0_1
