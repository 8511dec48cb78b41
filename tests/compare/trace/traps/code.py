"""Texts of functions `f(p, x)` in which values pass through classes, closures and plain numbers; np is imported."""

FOLLOWED = {
    "loss as a float": """
def f(p, x):
    loss = 0.0
    for i in range(5):
        loss += float(np.sum(x[i] @ p)) ** 2
    loss = loss / 5
    loss += 0.5 * 0.1 * np.sum(p * p).item()
    return float(loss)
""",
    "lists of numbers": """
import math
def f(p, x):
    rows = p.tolist()
    z = [math.exp(v) for v in rows[0]]
    total = sum(z)
    q = [v / total for v in z]
    m = max(rows[1])
    n = min(rows[2])
    return sum(math.log(v) for v in q) + m * n + round(rows[0][0], 0) + abs(rows[1][1]) + math.fsum(rows[2])
""",
    "nested lists and dicts": """
def f(p, x):
    hs, cache = {}, {}
    hs[-1] = np.zeros(4)
    outs = []
    for t in range(5):
        hs[t] = np.tanh(x[t] @ p + hs[t - 1])
        cache.setdefault('h', []).append([hs[t], (hs[t - 1], t)])
        outs.append(hs[t])
    h = np.array(outs)
    last, (before, _) = cache['h'][-1]
    return np.sum(h ** 2) + np.sum(last * before)
""",
    "classes": """
class Linear:
    def __init__(self, w):
        self.w = w
        self.dw = np.zeros_like(w)
    def __call__(self, x):
        self.x = x
        self.out = self.x.dot(self.w)
        return self.out
class Net:
    def __init__(self, w):
        self.layers = [Linear(w), Linear(np.eye(4))]
    def forward(self, x):
        for l in self.layers:
            x = np.tanh(l(x))
        return x
def f(p, x):
    net = Net(p)
    y = net.forward(x)
    return np.mean(net.layers[1].x * y)
""",
    "constants, closures, lambdas, partial, callable objects": """
import functools
SCALE = np.arange(1., 5.)
acts = {'tanh': np.tanh, 'sq': lambda z: z ** 2, 'zeros': np.zeros}
class Scale:
    def __init__(self, s): self.s = s
    def __call__(self, z): return z * self.s
scale = Scale(SCALE)
def power(z, n): return z ** n
cube = functools.partial(power, n=3)
def f(p, x):
    k = p * 2
    inner = lambda z: z * k
    h = acts['zeros'](4)
    h[1:] = p[0, 1:]
    return np.sum(acts['sq'](acts['tanh'](inner(p)))) + np.sum(scale(p)) + np.sum(cube(p)) + np.sum(h * SCALE)
""",
    "generators and comprehensions": """
def rows(p):
    for r in p:
        yield r * 2
def f(p, x):
    return sum(np.sum(r ** 2) for r in rows(p)) + np.sum([np.sum(c) ** 3 for c in p.T]) + sum(map(float, p[0]))
""",
    "if on data": """
def g(v, depth):
    return v if depth == 0 else g(v * 2 if v > 0 else v * v, depth - 1)
def f(p, x):
    total = 0.
    for v in p.ravel():
        if v > 0.5:
            total += v ** 3
        elif v < -0.5:
            total -= v
        else:
            total += g(v, 3)
    return total
""",
    "exceptions inside": """
def f(p, x):
    try:
        np.zeros(3)[5] = p[0, 0]
    except IndexError:
        q = p * 2
    try:
        p @ x
    except ValueError:
        q = q ** 2
    return np.sum(q)
""",
    "0-d arrays": """
def f(p, x):
    a = np.array(p[0, 0])
    b = np.zeros(())
    b[...] = p[0, 1]
    b[()] += p[0, 2] ** 2
    c = np.asarray(p[1, 1])
    return a * b + c ** 2 + np.squeeze(p[:1, :1]) + a.item() * np.float64(b)
""",
    "attributes of numbers": """
def f(p, x):
    a = p[0, 0]
    return a.real + a.T * a.item() + a.sum() + a.copy() + p.real.sum() + float(a) * np.float64(a).clip(-1, 1)
""",
    "decorators": """
import functools
def logged(fn):
    @functools.wraps(fn)
    def inner(*args):
        return fn(*args)
    return inner
@logged
def g(p):
    h = np.zeros(4)
    h += p[0]
    return h
def f(p, x):
    return np.sum(g(p) ** 2)
""",
    "default arguments": """
def g(v, buf=np.zeros(4)):
    buf[:] = v
    return buf ** 2
def f(p, x):
    return np.sum(g(p[0])) + np.sum(g(p[1]) * g(p[2]))
""",
    "remembered results": """
import functools
@functools.lru_cache(None)
def sq(z):
    return z * z
def f(p, x):
    return sq(p[0, 0]) + np.sum(p)
""",
    "sums of generators": """
def f(p, x):
    return sum(v ** 2 for v in p.ravel()) + np.sum([v ** 2 for v in p.ravel()]) + np.prod([p[0,0], p[0,1]])
""",
    "dataclasses, named tuples, deques": """
from dataclasses import dataclass
from collections import namedtuple, deque, defaultdict, OrderedDict
C = namedtuple('C', 'h c')
@dataclass
class S:
    h: np.ndarray
grads = defaultdict(lambda: np.zeros(4))
od = OrderedDict(a=np.zeros(4))
def f(p, x):
    s = S(p[0] * 2)
    c = C(h=p[1], c=s.h)
    q = deque([p[2]])
    q.append(c.c)
    grads['k'] += p[0]
    od['a'][:] = p[1]
    out = np.sum(q.pop() * q.pop() * c.h * grads['k'] * od['a'])
    grads.clear()
    return out
""",
    "functions as arguments": """
def integrate(g, n):
    return sum(g(i / n) for i in range(n)) / n
def f(p, x):
    return integrate(lambda t: np.exp(p[0, 0] * t), 10) + np.sum(p)
""",
    "a while loop": """
def f(p, x):
    z = 1.0
    a = abs(p[0, 0]) + 1
    while abs(z * z - a) > 1e-14:
        z = z - (z * z - a) / (2 * z)
    return z + np.sum(p)
""",
    "printing": """
import time, sys, io, os
def f(p, x):
    t = time.time()
    s = io.StringIO()
    print('loss', p[0, 0], p, f'{p.sum():.4f}', file=s)
    return np.sum(p ** 2)
""",
}  # fmt: skip
