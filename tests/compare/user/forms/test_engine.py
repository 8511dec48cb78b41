"""A scalar engine: loss.backward() fills .grad; in straight lines, or with a network of such scalars."""

import pytest

from .judged import is_placed, is_right, report_on

ENGINE = """\
import math
class Value:
    def __init__(self, data, _children=(), _op=''):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = _children
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), '+')
        def _backward():
            self.grad += out.grad
            other.grad += 1 * out.grad
        out._backward = _backward
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), '*')
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out
    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,), 'tanh')
        def _backward():
            self.grad += (1 - t**2) * out.grad
        out._backward = _backward
        return out
    def __radd__(self, other):
        return self + other
    def backward(self):
        topo, visited = [], set()
        def build(v):
            if v not in visited:
                visited.add(v)
                for c in v._prev:
                    build(c)
                topo.append(v)
        build(self)
        self.grad = 1
        for v in reversed(topo):
            v._backward()
"""
STRAIGHT = (
    ENGINE
    + """\
x1 = Value(2.0); x2 = Value(0.5)
w1 = Value(-3.0); w2 = Value(1.0)
b = Value(6.8)
n = x1 * w1 + x2 * w2 + b
o = n.tanh()
o.backward()
"""
)
NETWORK = (
    ENGINE
    + """\
import random
random.seed(1)
class Neuron:
    def __init__(self, nin):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.1)
    def __call__(self, x):
        return sum((wi * xi for wi, xi in zip(self.w, x)), self.b).tanh()
    def parameters(self):
        return self.w + [self.b]
class MLP:
    def __init__(self, nin, nout):
        self.neurons = [Neuron(nin) for _ in range(nout)]
        self.last = Neuron(nout)
    def __call__(self, x):
        return self.last([n(x) for n in self.neurons])
    def parameters(self):
        return [p for n in [*self.neurons, self.last] for p in n.parameters()]
model = MLP(2, 2)
xs, ys = [[2.0, 3.0], [3.0, -1.0]], [1.0, -1.0]
for k in range(1000000000):
    ypred = [model(x) for x in xs]
    loss = sum((yout + -ygt) * (yout + -ygt) for ygt, yout in zip(ys, ypred))
    for p in model.parameters():
        p.grad = 0.0
    loss.backward()
    for p in model.parameters():
        p.data += -0.1 * p.grad
    print(k, loss.data)
"""
)


@pytest.mark.parametrize(("text", "count"), [(STRAIGHT, 5), (NETWORK, 9)], ids=["straight", "network"])
def test_an_engine_is_right(text, count, tmp_path):
    assert len(is_right(text, tmp_path).verdicts) == count


MISTAKES = [
    (STRAIGHT, "other.grad += self.data", "other.grad += other.data"),
    (STRAIGHT, "(1 - t**2)", "(1 - t)"),
    (STRAIGHT, "self.grad += out.grad", "self.grad += 2 * out.grad"),
    (NETWORK, "self.grad += other.data", "self.grad += self.data"),
    (NETWORK, "(1 - t**2)", "(1 - t)"),
]


@pytest.mark.parametrize(("text", "right", "wrong"), MISTAKES)
def test_a_mistake_is_placed(text, right, wrong, tmp_path):
    is_placed(text, right, wrong, tmp_path)


def test_a_gradient_that_is_set_where_it_should_be_added_up_is_wrong(tmp_path):
    report = report_on(NETWORK.replace("self.grad += other.data", "self.grad = other.data"), tmp_path)
    assert not report.ok
