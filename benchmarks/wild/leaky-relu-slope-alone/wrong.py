import numpy as np


def forward(inputs):
    outputs = inputs.copy()
    for i in range(inputs.size):
        if inputs.flat[i] < 0:
            outputs.flat[i] = 0.01 * inputs.flat[i]
    return outputs, inputs


def backward(grads, kept):
    outputs = np.zeros_like(grads)
    for i in range(grads.size):
        if kept.flat[i] >= 0:
            outputs.flat[i] = grads.flat[i]
        else:
            outputs.flat[i] = 0.01
    return outputs


leaky = (forward, backward)
inputs = (np.random.default_rng(23).normal(size=(3, 4)),)
