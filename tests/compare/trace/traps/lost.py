"""Texts of functions `f(p, x)` in which a value is lost on its way, and of one that keeps a state; np is imported."""

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
