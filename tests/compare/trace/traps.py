# ruff: noqa: E501 (one case a line)
"""Texts of functions `f(p, x)` in which a value may be lost on its way; np is imported."""

FOLLOWED = {
    "zeros by index": """
def f(p, x):
    h = np.zeros((5, 4))
    for i in range(5):
        for j in range(4):
            h[i, j] = np.dot(x[i], p[:, j])
    return np.sum(h ** 2)
""",
    "zeros_like, empty and full by slice": """
def f(p, x):
    a, b, c = np.zeros_like(p), np.empty(p.shape), np.full(p.shape, 2.0)
    a[:, 1:] = p[:, 1:] ** 2
    b[...] = np.sin(p)
    c[0] = p[1] * 3
    c[:, ::2] += p[:, ::2]
    return np.sum(a * b * c)
""",
    "mask": """
def f(p, x):
    h = np.zeros(p.shape)
    h[p > 0] = p[p > 0] ** 2
    h[p <= 0] = -p[p <= 0]
    q = p * 2
    q[q < 0] = 0
    return np.sum(h * q)
""",
    "fancy with duplicates": """
def f(p, x):
    h = np.zeros(4)
    h[[0, 0, 2]] = p[0, :3] ** 2
    g = np.zeros(4)
    np.add.at(g, [0, 0, 2], p[1, :3])
    np.subtract.at(g, np.array([1, 1, 1]), p[2, :3])
    return np.sum(h * g + np.arange(4.) * g)
""",
    "in place": """
def f(p, x):
    w = p.copy()
    w += x[:3, :1]
    w *= p
    w /= 2
    w -= p ** 2
    w **= 2
    w[0] -= 1
    w[1, 2] *= 3
    h = x @ w
    h += 1
    return (h * h).sum()
""",
    "out=": """
def f(p, x):
    h, g = np.empty((5, 4)), np.empty((5, 4))
    np.matmul(x, p, out=h)
    np.tanh(h, out=h)
    np.multiply(h, h, g)
    np.dot(x, p, out=g)
    np.add(g, h, out=g)
    s = np.zeros(4)
    np.sum(g, axis=0, out=s)
    np.einsum('ij,ij->j', g, h, out=h[0])
    t = np.mean(g, axis=0, out=np.empty(4))
    return np.sum(s * h[0] * t)
""",
    "views of views": """
def f(p, x):
    w = p * 1.0
    v = w[1:]
    u = v[:, ::-1].T
    u[0] = u[1] ** 2
    r = w.reshape(-1)
    r[2:5] += 1
    t = w.T
    v[...] *= 2
    return np.sum(t * np.arange(12.).reshape(4, 3)) + np.sum(u ** 2)
""",
    "flat, fill, sort, put, partition": """
def f(p, x):
    w = p.T * 1.0
    w.flat[3] = p[0, 0] ** 2
    w.flat[5:7] = p[1, :2]
    a = p[0] * 2
    a.sort()
    b = p[1].copy()
    b.fill(p[2, 2])
    c = np.zeros(4)
    c.put([1, 2], p[0, :2])
    np.put(c, 3, p[1, 1])
    d = p[2] * 1.0
    d.partition(2)
    e = np.zeros((4, 4))
    np.fill_diagonal(e, p[0])
    np.copyto(e[0], p[1], where=np.array([True, False, True, False]))
    np.put_along_axis(e, np.array([[1], [2], [3], [0]]), p[:1].T, axis=1)
    return np.sum(w ** 2) + np.sum(a * b * c * d * np.arange(4.)) + np.sum(e @ e) + sum(z ** 2 for z in w.flat)
""",
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
    "math": """
from math import exp, log, sqrt, tanh, pow
import math as m
def f(p, x):
    a, b = p[0, 0], abs(p[1, 1]) + 1
    return exp(a) + log(b) + sqrt(b) + tanh(a) + pow(b, 3) + m.sin(a) * m.hypot(a, b) + log(b, 3) + m.atan2(a, b)
""",
    "arrays of numbers": """
def f(p, x):
    h = np.array([p[0, 0] * 2, 1.0, p[1, 1] ** 2, 3])
    g = np.array([[p[0, 1], 0], [1, p[2, 3]]])
    k = np.asarray([r[0] for r in p])
    v = np.vstack([p[0], h])
    w = p[0] * [1., 2., p[0, 0], 3.]
    return np.sum(h * p[0]) + np.linalg.det(g) + np.sum(k) ** 2 + np.sum(v * v) + np.sum(w)
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
    "buffers made before the run": """
class Layer:
    def __init__(self):
        self.h = np.zeros((5, 4))
        self.parts = [np.zeros(4), np.zeros(4)]
        self.by = {'a': np.zeros(4)}
layer = Layer()
BUFFER = np.zeros(4)
def make():
    kept = np.zeros(4)
    def use(v):
        kept[:] = v ** 2
        return kept * 1.0
    return use
use = make()
class Other:
    shared = np.zeros(4)
    __slots__ = ('a',)
    def __init__(self): self.a = np.zeros(4)
other = Other()
def f(p, x):
    for i in range(5):
        layer.h[i] = x[i] @ p
    layer.parts[0][:] = p[0]
    layer.parts[1] += p[1]
    layer.by['a'][1:] = p[1, 1:]
    BUFFER[...] = p[2]
    Other.shared[:2] = p[0, :2]
    other.a[:] = p[1]
    total = np.sum(layer.h ** 2) + np.sum(layer.parts[0] * layer.parts[1] * layer.by['a'])
    layer.parts[1][:] = 0
    return total + np.sum(BUFFER * use(p[1])) + np.sum(Other.shared * other.a)
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
    "vectorize and apply_along_axis": """
import math
@np.vectorize
def relu(z):
    return z if z > 0 else 0.1 * z
sig = np.vectorize(lambda z: 1 / (1 + math.exp(-z)))
def f(p, x):
    def softmax(r):
        e = np.exp(r - p.max())
        return e / e.sum()
    s = np.apply_along_axis(softmax, 1, x @ p)
    n = np.apply_along_axis(lambda r: r.sum() * p[0, 0], 0, p)
    return np.sum(relu(p)) + np.sum(sig(p) ** 2) + np.sum(s ** 2) + np.sum(n)
""",
    "ndenumerate, nditer for indices, fromiter, fromfunction": """
def f(p, x):
    total = 0
    for (i, j), v in np.ndenumerate(p):
        total = total + (i + j) * v ** 2
    it = np.nditer(p, flags=['multi_index'])
    while not it.finished:
        total = total + p[it.multi_index] ** 3
        it.iternext()
    a = np.fromiter((v * 2 for v in p[0]), dtype=float)
    b = np.fromfunction(lambda i, j: i + j, (3, 4)) * p
    return total + np.sum(a ** 2) + np.sum(b ** 2)
""",
    "errstate": """
def f(p, x):
    with np.errstate(divide='ignore'):
        return np.sum(np.where(p > 0, np.log(np.abs(p)), p ** 2))
""",
    "scipy": """
from scipy.special import expit, logsumexp, softmax
import scipy.special as sp
import scipy.linalg
from scipy.linalg import solve
def f(p, x):
    a = p @ p.T + 3 * np.eye(3)
    l = scipy.linalg.cholesky(a, lower=True)
    s = solve(a, p[:, 0])
    return np.sum(expit(p)) + logsumexp(p) + np.sum(softmax(p, axis=1) ** 2) + np.sum(np.log(np.diag(l))) + np.sum(s ** 2) + np.sum(sp.erf(p))
""",
    "star import": """
from numpy import *
def f(p, x):
    h = zeros((5, 4))
    h[:] = dot(x, p)
    return sum(tanh(h) ** 2)
""",
    "import inside": """
def f(p, x):
    import numpy
    import numpy.linalg as la
    from math import exp
    from numpy import zeros
    h = numpy.zeros(4)
    h[:] = p[0]
    g = zeros(4)
    g[1:] = p[1, 1:]
    return numpy.sum(h * g) + exp(p[0, 0]) + la.norm(p)
""",
    "casts": """
def f(p, x):
    a = np.float64(p[0, 0]) * float(p[0, 1]) + np.float64(p).sum()
    h = np.zeros(4, dtype=float)
    h[:] = p[1]
    g = np.array(p, dtype=np.float64, copy=True).astype(float) ** 2
    assert isinstance(a, float) and isinstance(p[0, 0], np.float64) and h.dtype == float and g.dtype == np.float64
    return a + np.sum(h * g[0]) + np.asarray(p[2], dtype=float).sum() + np.float64(3) * p[0, 0]
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
    "object arrays": """
def f(p, x):
    params = np.array([p, p[0]], dtype=object)
    moved = params * 2
    a = np.empty(2, dtype=object)
    a[0], a[1] = p[0], p[1]
    return np.sum(moved[0] ** 2) + np.sum(moved[1] ** 3) + np.sum(a[0] * a[1])
""",
    "labels, masks, sizes": """
def f(p, x):
    y = np.array([0, 3, 1, 2, 2])
    z = x @ p
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    onehot = np.eye(4)[y]
    keep = np.random.default_rng(0).random(logp.shape) < 0.5
    empty = p[:0]
    return -logp[np.arange(5), y].mean() - np.sum(onehot * logp * keep) + empty.sum() + len(p) + p[0, 0][()] * p.shape[0]
""",
    "layouts": """
def f(p, x):
    w = np.asfortranarray(p)
    v = w[::-1, ::-2]
    u = np.array(p, order='F')
    u[:, 0] = v[:, 0] ** 2
    k = u.reshape(-1, order='F')
    k = k + u.ravel(order='K')
    return np.sum(k * np.arange(12.)) + np.sum(v.T @ u)
""",
    "windows": """
from numpy.lib.stride_tricks import sliding_window_view, as_strided
def f(p, x):
    s = sliding_window_view(p, (2, 2))
    a = as_strided(p[0], (3, 2), (8, 8))
    b = np.broadcast_to(p[1], (3, 4))
    c = np.lib.stride_tricks.as_strided(p, shape=(2, 3, 2, 2), strides=(32, 8, 32, 8))
    return np.sum(s ** 2 * np.arange(24.).reshape(2, 3, 2, 2)) + np.sum(a ** 3) + np.sum(b * p) + np.sum(c ** 2)
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
    "random generators": """
rng = np.random.default_rng(3)
def f(p, x):
    r = np.random.RandomState(0)
    a = r.normal(size=4)
    a[1:] = p[0, 1:]
    b = np.random.default_rng(1).normal(size=(3, 4))
    b[0] += p[1]
    return np.sum(a ** 2) + np.sum(b * p)
""",
    "results of two": """
def f(p, x):
    q, r = np.divmod(p, 0.77)
    fr, n = np.modf(p * 1.3)
    d, e = divmod(p[0, 0], 0.7)
    s, l = np.linalg.slogdet(p @ p.T)
    w, v = np.linalg.eigh(p @ p.T)
    a, b = np.split(p, 2, axis=1)
    return np.sum(r * p) + np.sum(fr * p) + e ** 2 + l + np.sum(w ** 2) + np.sum(a * b)
""",
    "swapped and augmented": """
def f(p, x):
    a, b = p[0], p[1]
    a, b = b, a
    a = a.copy()
    a[0], a[1] = a[1], a[0]
    a[[2, 3]] = a[[3, 2]]
    b = 2 * b + 1
    return np.sum(a * b * np.arange(4.)) + (2 ** p[0]).sum() + (1 / (3 + p ** 2)).sum() + (5 - p % 0.77).sum() + np.sum(-p) + np.sum(p // 0.77)
""",
    "deep copies": """
import copy
def f(p, x):
    cache = copy.deepcopy({'p': p, 'q': [p * 2]})
    cache['q'][0][0] += 1
    other = copy.copy(p)
    return np.sum(cache['p'] * cache['q'][0]) + np.sum(other ** 2)
""",
    "reductions": """
def f(p, x):
    return (p.sum(0) @ p.max(axis=0) + p.min() * p.prod() + p.mean(1).std() + p.var(axis=0, ddof=1).sum() + np.cumsum(p, axis=1).sum()
            + np.amax(p) + np.linalg.norm(p) + np.ptp(p) + p.trace() + np.median(p) + np.average(p, axis=0).sum() + p.dot(p.T).sum()
            + np.add.reduce(p.ravel()) + np.add.outer(p[0], p[1]).sum() ** 2 + np.any(p > 0) + np.clip(p, -0.5, 0.5).sum())
""",
    "where with out": """
def f(p, x):
    out = np.ones_like(p) * p[0]
    np.divide(p, x[:3, :1], out=out, where=p > 0)
    return np.sum(out ** 2)
""",
    "shape set": """
def f(p, x):
    q = p * 1.0
    q.shape = (4, 3)
    q[0] *= 2
    return np.sum(q * np.arange(12.).reshape(4, 3))
""",
    "attributes of numbers": """
def f(p, x):
    a = p[0, 0]
    return a.real + a.T * a.item() + a.sum() + a.copy() + p.real.sum() + float(a) * np.float64(a).clip(-1, 1)
""",
    "float32 inside": """
def f(p, x):
    return np.sum(p ** 2) + 0 * np.float32(2.0) * p[0, 0]
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
    "bool and int results": """
def f(p, x):
    hit = (p > 0).astype(float)
    k = int(np.argmax(p[0]))
    order = np.argsort(p[1])
    return np.sum(hit * p ** 2) + p[0, k] ** 2 + np.sum(p[1][order] * np.arange(4.)) + np.count_nonzero(p) + bool(p[0, 0])
""",
    "parameters written": """
def f(p, x):
    p -= 0.1 * p ** 2
    p[0] *= 2
    return np.sum(p ** 3)
""",
    "r_ and c_": """
def f(p, x):
    a = np.c_[np.ones(5), x @ p]
    b = np.r_[p[0], p[1]]
    return np.sum(a ** 2) + np.sum(b ** 3)
""",
    "rows that are views": """
def f(p, x):
    w = p * 1.0
    for i, row in enumerate(w):
        row += i
        row[0] *= 3
    for a, b in zip(w, w.T):
        w[0, 0] += np.sum(a[:3] * b[:3])
    return np.sum(w ** 2)
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
    "overlapping operands": """
def f(p, x):
    a = p[0] * 1.0
    a[1:] += a[:-1]
    a[[0, 0, 1]] += p[1, :3]
    a[:] = a[::-1]
    b = np.outer(a, a)
    b += b.T
    return np.sum(b * np.arange(16.).reshape(4, 4))
""",
    "sorted numbers": """
def f(p, x):
    r = sorted(p[0]); s = list(p[1]); s.sort(key=lambda v: -v)
    m = min(p[2], key=abs)
    return sum(i * v for i, v in enumerate(r)) + s[0] * s[1] + m ** 2 + np.mean(r) ** 2 + np.max([r[0], s[0]]) + np.dot(r, s) + np.std(s)
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
    "scipy.stats": """
from scipy.stats import norm
import scipy.stats as st
def f(p, x):
    return -np.sum(norm.logpdf(p[0], p[1], 2.0)) + np.sum(st.norm.cdf(p[2]))
""",
    "convolutions": """
from scipy.signal import convolve2d
def f(p, x):
    return np.sum(convolve2d(x, p, mode='full') ** 2) + np.sum(np.convolve(p[0], x[0]) ** 2) + np.sum(np.correlate(p[0], p[1], 'full'))
""",
    "least squares": """
def f(p, x):
    return np.sum(np.linalg.lstsq(x[:, :2], x @ p, rcond=None)[0] ** 2) + np.sum(np.polyval(p[0], 0.5))
""",
    "functions as arguments": """
def integrate(g, n):
    return sum(g(i / n) for i in range(n)) / n
def f(p, x):
    return integrate(lambda t: np.exp(p[0, 0] * t), 10) + np.sum(p)
""",
    "products of several": """
def f(p, x):
    return np.einsum('ij,jk->', x, p) ** 2 + np.einsum('ij,jk,lk->il', x, p, p).sum() + np.tensordot(x, p, 1).sum() + np.kron(p, p).sum() + np.linalg.multi_dot([x, p, p.T]).sum()
""",
    "options": """
def f(p, x):
    a = np.add(p, p, out=None)
    b = np.multiply(p, 2.0, dtype=float, casting='same_kind')
    c = np.sum(p, 1, keepdims=True, initial=0.5)
    d = np.mean(p, 0, keepdims=True)
    e = np.max(p, axis=-1, keepdims=True, initial=-100, where=p > -50)
    g = p.sum(axis=(0, 1)) + p.mean(axis=-1, keepdims=True).sum() + np.var(p, axis=1, keepdims=True).sum()
    return np.sum(a * b * c * d * e) + g
""",
    "patches": """
def f(p, x):
    im = np.pad(p, ((1, 1), (1, 1)), 'constant')
    out = np.zeros((3, 4))
    for i in range(3):
        for j in range(4):
            out[i, j] = np.sum(im[i:i + 3, j:j + 3] * x[:3])
    cols = np.lib.stride_tricks.sliding_window_view(im, (3, 3)).reshape(12, 9)
    k, i, j = np.arange(4), np.arange(4) % 3, np.arange(4)
    return np.sum(out ** 2) + np.sum(cols ** 2) + np.sum(im[i, j] * im[k, k]) + np.sum(np.roll(p, 1, 0) * p)
""",
    "writes that broadcast": """
def f(p, x):
    a = np.zeros((2, 3, 4))
    a[:] = p
    a[0] = p[0]
    a[:, 1] = 3
    a[1, ::2] = p[::2] * 2
    a[..., -1] = p[:, 1]
    a[:, [0, 2], [1, 1]] = p[0, :2]
    a[a > 1.0] *= 0.5
    b = a[:, None]
    b[0, 0] += 1
    return np.sum(a ** 2 * np.arange(24.).reshape(2, 3, 4))
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
    "views of functions": """
def f(p, x):
    w = p * 1.0
    a, b = np.split(w, 2, axis=1)
    a *= 2
    b[0] = 1
    c = np.squeeze(w[None])
    c[1] += 5
    d = np.atleast_2d(w)
    d[2] *= 2
    e = np.asarray(w); e += 1
    g = w.view(); g *= 3
    h = np.swapaxes(w, 0, 1); h[0] = 0
    r = np.ravel(w); r[5] = 7
    return np.sum(w ** 2)
""",
    "an optimizer's moments": """
cache = {}
class Opt:
    def __init__(self, lr): self.lr, self.m = lr, {}
    def step(self, k, v):
        self.m.setdefault(k, np.zeros_like(v))
        self.m[k] = 0.9 * self.m[k] + 0.1 * v
        self.m[k] += v
        return self.lr * self.m[k]
def f(p, x):
    opt = Opt(0.1)
    cache['a'] = opt.step('a', p)
    cache['b'] = opt.step('a', p ** 2)
    return np.sum(cache['a'] * cache['b'])
""",
    "a value engine": """
class V:
    __slots__ = ('data', '_g', 'prev')
    def __init__(self, data, prev=()): self.data, self.prev, self._g = data, prev, 0.0
    @property
    def grad(self): return self._g
    @grad.setter
    def grad(self, v): self._g = v
    def __mul__(self, o): return V(self.data * o.data, (self, o))
def f(p, x):
    a, b = V(p[0, 0]), V(p[1, 1])
    c = a * b * a
    c.grad = c.data * 2
    return c.data + c.grad ** 2 + np.sum(p)
""",
    "statistics": """
def f(p, x):
    h, e = np.histogram(p, bins=3)
    u = np.unique(p)
    m = np.maximum.accumulate(p, axis=1)
    n = np.nanmax(p) + np.nanmin(p) + np.quantile(p, 0.4) + np.count_nonzero(p)
    i = np.interp(0.3, [0., 1.], [p[0, 0], p[0, 1]])
    t = np.trapezoid(p[0]) + np.gradient(p[1]).sum() + np.cross(p[0, :3], p[1, :3]).sum()
    return np.sum(u ** 2) + m.sum() + n + i + t
""",
    "fits": """
def f(p, x):
    return np.sum(np.polyfit(np.arange(4.), p[0], 1) ** 2) + np.sum(np.corrcoef(p)) + np.sum(np.cov(p)) + np.linalg.cond(p)
""",
    "logical masks": """
def f(p, x):
    return np.sum(p * np.logical_and(p > 0, p < 1)) + np.sum(np.where((p > 0) | (p < -1), p, 0)) + np.sum(np.isfinite(p) * p) + np.sum(~(p > 0) * p)
""",
    "scipy.linalg": """
from scipy.linalg import expm, solve_triangular, cho_factor, cho_solve, lu
def f(p, x):
    a = p[:, :3] * 0.1
    k = p @ p.T + 3 * np.eye(3)
    c = cho_factor(k)
    return np.sum(expm(a)) + np.sum(solve_triangular(np.tril(k), p)) + np.sum(cho_solve(c, p[:, 0]))
""",
    "r_ of numbers": """
def f(p, x):
    b = np.r_[p[0, 0], 1.0, p[1, 1]]
    return np.sum(b ** 3)
""",
}  # fmt: skip

# What is not followed, and says so: the text, and whether a part of the derivative is lost.
LOST = {
    "complex": """
def f(p, x):
    return np.sum(np.abs(np.fft.fft(p, axis=1)) ** 2)
""",
    "complex numbers": """
def f(p, x):
    z = p + 1j * p ** 2
    return np.sum((z * z.conj()).real)
""",
    "complex buffer": """
def f(p, x):
    z = np.zeros(4, complex)
    z[:] = p[0]
    return np.sum(z.real ** 2)
""",
    "resize in place": """
def f(p, x):
    q = p * 1.0
    q.resize((2, 2), refcheck=False)
    return np.sum(q)
""",
    "bytes": """
def f(p, x):
    return np.sum(np.frombuffer(p.tobytes()) ** 2)
""",
    "a view of other bytes": """
def f(p, x):
    return np.sum((p * 1.0).view(np.int64).view(np.float64) ** 2)
""",
    "a string": """
def f(p, x):
    return float(str(p[0, 0])) ** 2 + np.sum(p)
""",
    "callbacks of a library": """
from scipy.integrate import quad
def f(p, x):
    return quad(lambda t: float(p[0, 0]) * t ** 2, 0, 1)[0] + np.sum(p)
""",
    "nditer writes": """
def f(p, x):
    q = p * 1.0
    with np.nditer(q, op_flags=['readwrite']) as it:
        for v in it:
            v[...] = 2 * v
    return np.sum(q ** 2)
""",
    "frompyfunc": """
def f(p, x):
    g = np.frompyfunc(lambda i: p[0, 0] * i, 1, 1)
    return np.sum(g(np.arange(3.)).astype(float))
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
def f(p, x):
    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(lambda r: np.sum(r ** 2), [p[0], p[1]]))
""",
    "pickle": """
import pickle
def f(p, x):
    return np.sum(pickle.loads(pickle.dumps(p)) ** 2)
""",
    "shuffled": """
def f(p, x):
    q = p * 1.0
    np.random.default_rng(0).shuffle(q)
    return np.sum(q * np.arange(12.).reshape(3, 4))
""",
    "multiply.at": """
def f(p, x):
    q = p[0] * 1.0
    np.multiply.at(q, [0, 0], 3.0)
    return np.sum(q)
""",
    "a plain array of a list's": """
import array
def f(p, x):
    a = array.array('d', [0., 0.])
    a[0] = p[0, 0]
    return a[0] ** 2 + np.sum(p)
""",
    "overlapping writes": """
from numpy.lib.stride_tricks import as_strided
def f(p, x):
    q = p[0] * 1.0
    w = as_strided(q, (3, 2), (8, 8))
    w[...] = p[1, :2] ** 2
    return np.sum(q ** 2)
""",
    "struct": """
import struct
def f(p, x):
    return struct.unpack('d', struct.pack('d', p[0, 0]))[0] ** 2 + np.sum(p)
""",
    "statistics": """
import statistics
def f(p, x):
    return float(statistics.fmean(p[0])) + np.sum(p)
""",
    "decimal": """
from decimal import Decimal
def f(p, x):
    return float(Decimal(p[0, 0]) * 2) + np.sum(p)
""",
    "sparse matrices": """
import scipy.sparse as ss
A = ss.csr_matrix(np.eye(3))
def f(p, x):
    return np.sum((A @ p) ** 2)
""",
    "np.matrix": """
def f(p, x):
    return np.sum(np.asarray(np.matrix(p) * np.matrix(p).T))
""",
    "a complex step": """
def f(p, x):
    def g(v): return np.sum(v ** 2)
    d = g(p[0].astype(complex) + 1e-20j).imag / 1e-20
    return np.sum(p ** 2)
""",
}  # fmt: skip

# It leaves arrays, numbers and functions behind in its module.
STATEFUL = """
import math
from math import exp
from functools import partial
rng = np.random.default_rng(0)
TABLE = np.arange(4.)
acts = {'tanh': np.tanh, 'exp': math.exp}
pair = (np.zeros(2), 'name')
class Layer:
    scale = np.ones(4)
    def __init__(self):
        self.buffer = np.zeros(4)
        self.f = np.tanh
        self.history = []
layer = Layer()
last = None
def f(p, x):
    import numpy
    global last
    layer.buffer[:] = p[0]
    layer.h = np.tanh(p)
    layer.number = float(p[0, 0])
    layer.history.append(p[1] * 2)
    layer.g = np.cos
    last = {'z': p * TABLE, 'n': [p[0, 0]]}
    noise = rng.normal(size=3)
    if len(layer.history) > FAIL:
        raise RuntimeError('planted')
    return np.sum(layer.h * layer.buffer) + exp(p[0, 0]) + numpy.sum(noise) * 0
"""
