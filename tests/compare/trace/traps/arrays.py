# ruff: noqa: E501 (one case a line)
"""Texts of functions `f(p, x)` in which values pass through arrays that are written, viewed or cast; np is imported."""

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
    "arrays of numbers": """
def f(p, x):
    h = np.array([p[0, 0] * 2, 1.0, p[1, 1] ** 2, 3])
    g = np.array([[p[0, 1], 0], [1, p[2, 3]]])
    k = np.asarray([r[0] for r in p])
    v = np.vstack([p[0], h])
    w = p[0] * [1., 2., p[0, 0], 3.]
    return np.sum(h * p[0]) + np.linalg.det(g) + np.sum(k) ** 2 + np.sum(v * v) + np.sum(w)
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
    "casts": """
def f(p, x):
    a = np.float64(p[0, 0]) * float(p[0, 1]) + np.float64(p).sum()
    h = np.zeros(4, dtype=float)
    h[:] = p[1]
    g = np.array(p, dtype=np.float64, copy=True).astype(float) ** 2
    assert isinstance(a, float) and isinstance(p[0, 0], np.float64) and h.dtype == float and g.dtype == np.float64
    return a + np.sum(h * g[0]) + np.asarray(p[2], dtype=float).sum() + np.float64(3) * p[0, 0]
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
    "float32 inside": """
def f(p, x):
    return np.sum(p ** 2) + 0 * np.float32(2.0) * p[0, 0]
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
    "logical masks": """
def f(p, x):
    return np.sum(p * np.logical_and(p > 0, p < 1)) + np.sum(np.where((p > 0) | (p < -1), p, 0)) + np.sum(np.isfinite(p) * p) + np.sum(~(p > 0) * p)
""",
    "r_ of numbers": """
def f(p, x):
    b = np.r_[p[0, 0], 1.0, p[1, 1]]
    return np.sum(b ** 3)
""",
}  # fmt: skip
