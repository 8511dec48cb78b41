import numpy as np


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def backpropagate(network, input_vector, target, rate=1.0):
    hidden_layer, output_layer = network["hidden"].copy(), network["output"].copy()
    with_bias = np.append(input_vector, 1)
    hidden_outputs = sigmoid(hidden_layer @ with_bias)
    outputs = sigmoid(output_layer @ np.append(hidden_outputs, 1))
    output_deltas = outputs * (1 - outputs) * (outputs - target)
    for i in range(len(output_layer)):
        output_layer[i] -= rate * output_deltas[i] * np.append(hidden_outputs, 1)
    hidden_deltas = hidden_outputs * (1 - hidden_outputs) * (output_layer[:, :-1].T @ output_deltas)
    for i in range(len(hidden_layer)):
        hidden_layer[i] -= rate * hidden_deltas[i] * with_bias
    return {"hidden": hidden_layer, "output": output_layer}, 0.5 * np.sum((outputs - target) ** 2)


r = np.random.default_rng(11)
params = {"hidden": r.normal(size=(3, 3)), "output": r.normal(size=(2, 4))}
x, y = np.array([0.6, -0.9]), np.array([1.0, 0.0])
inputs = (params, x, y)
