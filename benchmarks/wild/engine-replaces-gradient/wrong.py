class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self.children = data, 0.0, children
        self._backward = lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad = other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def backward(self):
        topo, seen = [], set()

        def build(v):
            if v not in seen:
                seen.add(v)
                for child in v.children:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


params = {"a": 1.3, "b": -0.7}
x, y = 2.0, 0.5


def loss_and_grads(params, x, y):
    a, b = Value(params["a"]), Value(params["b"])
    s = a * b + a * Value(x)
    loss = s * s + a * Value(y)
    loss.backward()
    return loss.data, {"a": a.grad, "b": b.grad}
