"""Scalar engine: a Value class with closures and a topological sort, a neuron of floats, gradients collected from the leaves."""
import math
import numpy as np


class Value:
    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = children

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = back
        return out

    def __pow__(self, k):
        out = Value(self.data ** k, (self,))

        def back():
            self.grad += k * self.data ** (k - 1) * out.grad
        out._backward = back
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def back():
            self.grad += (1 - t ** 2) * out.grad
        out._backward = back
        return out

    def backward(self):
        topo, seen = [], set()

        def build(v):
            if id(v) not in seen:
                seen.add(id(v))
                for child in v._prev:
                    build(child)
                topo.append(v)
        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


def backward(params, x, y):
    W = [[Value(w) for w in row] for row in params['W'].tolist()]
    v = [Value(w) for w in params['v'].tolist()]
    loss = Value(0.0)
    for xi, yi in zip(x.tolist(), y.tolist()):
        hidden = [sum((w * a for w, a in zip(row, xi)), Value(0.0)).tanh() for row in W]
        out = sum((w * h for w, h in zip(v, hidden)), Value(0.0))
        loss = loss + (out + -yi) ** 2 * (1 / len(x))
    loss.backward()
    return loss.data, {'W': np.array([[w.grad for w in row] for row in W]), 'v': np.array([w.grad for w in v])}


def torch_loss(params, x, y):
    """The same loss on tensors: floats carry no graph."""
    hidden = (x @ params['W'].T).tanh()
    return ((hidden @ params['v'] - y) ** 2).mean()


def draw(rng, scale=1.0):
    return {'W': scale * rng.normal(size=(3, 2)), 'v': scale * rng.normal(size=3)}


def batch(rng, n):
    n = min(n, 30)
    return rng.normal(size=(n, 2)), rng.normal(size=n)


rng = np.random.default_rng(43)
params = draw(rng)
x, y = batch(rng, 3)
