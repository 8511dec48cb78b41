import numpy as np

np.random.seed(1)


def relu(x):
    return (x > 0) * x


def relu2deriv(output):
    return output > 0


lights = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 1]])
walk = np.array([[1, 1, 0, 0]]).T
alpha = 0.2
weights_0_1 = 2 * np.random.random((3, 4)) - 1
weights_1_2 = 2 * np.random.random((4, 1)) - 1

for iteration in range(60):
    layer_0 = lights
    layer_1 = relu(np.dot(layer_0, weights_0_1))
    layer_2 = np.dot(layer_1, weights_1_2)
    error = np.sum((layer_2 - walk) ** 2)
    layer_2_delta = 2 * (layer_2 - walk)
    layer_1_delta = layer_2_delta.dot(weights_1_2.T) * relu2deriv(layer_1)
    weight_delta_1_2 = layer_1.T.dot(layer_2_delta)
    weight_delta_0_1 = layer_0.T.dot(layer_1_delta)
    weights_1_2 -= alpha * weight_delta_1_2
    weights_0_1 -= alpha * weight_delta_0_1
