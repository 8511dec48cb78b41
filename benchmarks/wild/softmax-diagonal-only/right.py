import numpy as np


def softmax_forward(scores):
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = shifted / shifted.sum(axis=1, keepdims=True)
    return probs, probs


def softmax_backward(grad, probs):
    grad_scores = probs * (grad - (grad * probs).sum(axis=1, keepdims=True))
    return grad_scores


softmax = (softmax_forward, softmax_backward)
gen = np.random.RandomState(12)
inputs = (gen.normal(size=(5, 4)),)
