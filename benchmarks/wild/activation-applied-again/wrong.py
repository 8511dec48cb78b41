import numpy as np


def activation(value, derivative):
    s = 1 / (1 + np.exp(-value))
    return s * (1 - s) if derivative else s


gen = np.random.default_rng(71)
params = {"synapse0": gen.normal(size=(2, 3)), "synapse1": gen.normal(size=(3, 1))}
x, y = gen.normal(size=(4, 2)), np.array([[0.0], [1.0], [1.0], [0.0]])


def train(params, x, y):
    hidden_layer = activation(x @ params["synapse0"], False)
    output_layer = activation(hidden_layer @ params["synapse1"], False)
    output_error = y - output_layer
    output_delta = output_error * activation(output_layer, True)
    hidden_error = output_delta @ params["synapse1"].T
    hidden_delta = hidden_error * activation(hidden_layer, True)
    return 0.5 * (output_error**2).sum(), {"synapse0": -x.T @ hidden_delta, "synapse1": -hidden_layer.T @ output_delta}
