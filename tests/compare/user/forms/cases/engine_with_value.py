import math
import random


class Var:
    """A number that remembers where it came from."""

    def __init__(self, value, parents=()):
        self.value = value
        self.grad = 0.0
        self.parents = parents
        self._back = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Var) else Var(other)
        out = Var(self.value + other.value, (self, other))

        def _back():
            self.grad += out.grad
            other.grad += out.grad
        out._back = _back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Var) else Var(other)
        out = Var(self.value * other.value, (self, other))

        def _back():
            self.grad += other.value * out.grad
            other.grad += self.value * out.grad
        out._back = _back
        return out

    def __pow__(self, k):
        out = Var(self.value ** k, (self,))

        def _back():
            self.grad += k * self.value ** (k - 1) * out.grad
        out._back = _back
        return out

    def tanh(self):
        t = (math.exp(2 * self.value) - 1) / (math.exp(2 * self.value) + 1)
        out = Var(t, (self,))

        def _back():
            self.grad += (1 - t ** 2) * out.grad
        out._back = _back
        return out

    def exp(self):
        out = Var(math.exp(self.value), (self,))

        def _back():
            self.grad += out.value * out.grad
        out._back = _back
        return out

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other if isinstance(other, Var) else Var(-other))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def backward(self):
        topo, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for p in v.parents:
                    visit(p)
                topo.append(v)
        visit(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._back()


class Neuron:
    def __init__(self, nin):
        self.w = [Var(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Var(0.1)

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.tanh()

    def parameters(self):
        return self.w + [self.b]


class MLP:
    def __init__(self, nin, nouts):
        sizes = [nin] + nouts
        self.layers = [[Neuron(sizes[i]) for _ in range(sizes[i + 1])] for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = [n(x) for n in layer]
        return x[0] if len(x) == 1 else x

    def parameters(self):
        return [p for layer in self.layers for n in layer for p in n.parameters()]


random.seed(1337)
xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]
net = MLP(3, [4, 1])

for step in range(20):
    preds = [net(x) for x in xs]
    loss = sum((p - y) ** 2 for p, y in zip(preds, ys)) * (1 / len(ys))
    for p in net.parameters():
        p.grad = 0.0
    loss.backward()
    for p in net.parameters():
        p.value -= 0.05 * p.grad
    print(step, loss.value)
