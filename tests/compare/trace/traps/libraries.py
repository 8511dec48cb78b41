# ruff: noqa: E501 (one case a line)
"""Texts of functions `f(p, x)` in which values pass through functions of NumPy, SciPy and the standard library; np is imported."""

FOLLOWED = {
    "math": """
from math import exp, log, sqrt, tanh, pow
import math as m
def f(p, x):
    a, b = p[0, 0], abs(p[1, 1]) + 1
    return exp(a) + log(b) + sqrt(b) + tanh(a) + pow(b, 3) + m.sin(a) * m.hypot(a, b) + log(b, 3) + m.atan2(a, b)
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
    "reductions": """
def f(p, x):
    return (p.sum(0) @ p.max(axis=0) + p.min() * p.prod() + p.mean(1).std() + p.var(axis=0, ddof=1).sum() + np.cumsum(p, axis=1).sum()
            + np.amax(p) + np.linalg.norm(p) + np.ptp(p) + p.trace() + np.median(p) + np.average(p, axis=0).sum() + p.dot(p.T).sum()
            + np.add.reduce(p.ravel()) + np.add.outer(p[0], p[1]).sum() ** 2 + np.any(p > 0) + np.clip(p, -0.5, 0.5).sum())
""",
    "sorted numbers": """
def f(p, x):
    r = sorted(p[0]); s = list(p[1]); s.sort(key=lambda v: -v)
    m = min(p[2], key=abs)
    return sum(i * v for i, v in enumerate(r)) + s[0] * s[1] + m ** 2 + np.mean(r) ** 2 + np.max([r[0], s[0]]) + np.dot(r, s) + np.std(s)
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
    "scipy.linalg": """
from scipy.linalg import expm, solve_triangular, cho_factor, cho_solve, lu
def f(p, x):
    a = p[:, :3] * 0.1
    k = p @ p.T + 3 * np.eye(3)
    c = cho_factor(k)
    return np.sum(expm(a)) + np.sum(solve_triangular(np.tril(k), p)) + np.sum(cho_solve(c, p[:, 0]))
""",
}  # fmt: skip
