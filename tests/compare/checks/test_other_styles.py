"""Code in styles that no family of the bench has: right as it stands, wrong with what stands behind a bar.

A style of which no record is kept (complex numbers, masked arrays, a decomposition) is judged by differences.
"""

import re

import numpy as np
import pytest

from compare.checks.gradients import check_gradients

pytest.importorskip("flint")
FOLLOWED = {}
DIFFERENCED = {}
DIFFERENCED["masked array"] = """
P = {"w": rng.normal(size=4)}
x = rng.normal(size=(9, 4))
y = rng.normal(size=9)
y[[2, 5]] = 99.0
def f(p, x, y):
    t = np.ma.masked_equal(y, 99.0)
    e = x @ p["w"] - t
    n = {{e.count()|len(y)}}
    g = 2 * np.ma.dot(x.T, e) / n
    return float((e**2).mean()), {"w": np.asarray(g.filled(0) if hasattr(g, "filled") else g)}
"""
FOLLOWED["structured"] = """
P = {"w": rng.normal(size=3), "b": rng.normal(size=1)}
x = np.zeros(6, [("u", float), ("v", float), ("k", int)])
x["u"] = rng.normal(size=6)
x["v"] = rng.normal(size=6)
x["k"] = rng.integers(0, 3, 6)
y = rng.normal(size=6)
def f(p, x, y):
    h = np.tanh(p["w"][x["k"]] * x["u"] + p["b"])
    e = h * x["v"] - y
    d = 2 * e * x["v"] * (1 - h**2)
    gw = np.zeros(3)
    {{np.add.at(gw, x["k"], d * x["u"])|gw[x["k"]] += d * x["u"]}}
    return (e**2).sum(), {"w": gw, "b": np.array([d.sum()])}
"""
FOLLOWED["where inplace"] = """
P = {"w": rng.normal(size=(4, 3))}
x = rng.normal(size=(6, 4))
y = rng.normal(size=(6, 3))
def f(p, x, y):
    z = x @ p["w"]
    a = np.zeros_like(z)
    np.exp(z, out=a, where=z < 0)
    np.add(z, 1, out=a, where=z >= 0)
    e = a - y
    d = 2 * e
    np.multiply(d, a, out=d, where={{z < 0|z < -0.3}})
    return (e**2).sum(), {"w": x.T @ d}
"""
FOLLOWED["generator"] = """
P = {"w": rng.normal(size=3), "b": np.array(0.3)}
x = rng.normal(size=(6, 3))
y = rng.integers(0, 2, 6)
def f(p, x, y):
    def terms():
        for xi, yi in zip(x, y):
            z = sum(a * b for a, b in zip(p["w"], xi)) + p["b"]
            s = 1 / (1 + np.exp(-z))
            yield -(yi * np.log(s) + (1 - yi) * np.log(1 - s)), s - yi, xi
    loss, gw, gb = 0.0, np.zeros(3), 0.0
    for l, d, xi in terms():
        loss += l; gw += d * xi; gb {{+=|=}} d
    return loss / len(x), {"w": gw / len(x), "b": np.array(gb / len(x))}
"""
FOLLOWED["recursion"] = """
P = {"W": rng.normal(size=(3, 3)) / 2, "E": rng.normal(size=(4, 3))}
x = np.zeros(1)
y = rng.normal(size=3)
TREE = ((0, 1), (2, (3, 0)))
def up(t, p):
    if isinstance(t, int):
        return p["E"][t], None
    (a, ca), (b, cb) = up(t[0], p), up(t[1], p)
    h = np.tanh(p["W"] @ (a + b))
    return h, (a, b, h, ca, cb)
def down(t, c, d, p, g):
    if isinstance(t, int):
        g["E"][t] += d; return
    a, b, h, ca, cb = c
    dz = d * (1 - h**2)
    g["W"] += np.outer(dz, a + b)
    down(t[0], ca, p["W"].T @ dz, p, g); down(t[1], cb, {{p["W"].T @ dz|p["W"] @ dz}}, p, g)
def f(p, x, y):
    h, c = up(TREE, p)
    g = {k: np.zeros_like(v) for k, v in p.items()}
    down(TREE, c, h - y, p, g)
    return 0.5 * ((h - y)**2).sum(), g
"""
FOLLOWED["memoised"] = """
P = {"a": rng.normal(size=5)}
x = np.zeros(1)
y = np.zeros(1)
def f(p, x, y):
    a, memo = p["a"], {}
    def best(i, j):
        if (i, j) not in memo:
            memo[i, j] = a[i] if i == j else np.logaddexp(best(i, j - 1) + a[j], best(i + 1, j) * 0.5 + a[i])
        return memo[i, j]
    loss = best(0, 4)
    bar = {k: 0.0 for k in memo}; bar[0, 4] = 1.0
    g = np.zeros(5)
    for (i, j) in sorted(memo, key=lambda k: k[0] - k[1]):
        d = bar[i, j]
        if i == j:
            g[i] += d; continue
        u, v = memo[i, j - 1] + a[j], memo[i + 1, j] * 0.5 + a[i]
        su = np.exp(u - memo[i, j]); sv = np.exp(v - memo[i, j])
        bar[i, j - 1] += d * su; g[j] += d * su
        bar[i + 1, j] += d * sv {{* 0.5|}}; g[i] += d * sv
    return loss, {"a": g}
"""
FOLLOWED["logdomain dp"] = """
P = {"T": rng.normal(size=(3, 3)), "E": rng.normal(size=(3, 4))}
x = rng.integers(0, 4, 7)
y = np.zeros(1)
def f(p, x, y):
    logT = p["T"] - np.logaddexp.reduce(p["T"], axis=1, keepdims=True)
    logE = p["E"] - np.logaddexp.reduce(p["E"], axis=1, keepdims=True)
    n = len(x); al = np.empty((n, 3)); be = np.zeros((n, 3))
    al[0] = logE[:, x[0]]
    for t in range(1, n):
        al[t] = np.logaddexp.reduce(al[t - 1][:, None] + logT, axis=0) + logE[:, x[t]]
    for t in range(n - 2, -1, -1):
        be[t] = np.logaddexp.reduce(logT + logE[:, x[t + 1]] + be[t + 1], axis=1)
    L = np.logaddexp.reduce(al[-1])
    gam = np.exp(al + be - L)
    xi = np.zeros((3, 3))
    for t in range(n - 1):
        xi += np.exp(al[t][:, None] + logT + logE[:, x[t + 1]] + be[t + 1] - L)
    ge = np.zeros((3, 4)); np.add.at(ge.T, x, gam)
    gT = xi - np.exp(logT) * xi.sum(1, keepdims=True)
    gE = ge - np.exp(logE) * ge.sum({{1|0}}, keepdims=True)
    return -L, {"T": -gT, "E": -gE}
"""
FOLLOWED["cholesky nll"] = """
P = {"L": np.tril(rng.normal(size=(3, 3))) + 2 * np.eye(3), "m": rng.normal(size=3)}
x = rng.normal(size=(6, 3))
y = np.zeros(1)
def f(p, x, y):
    S = p["L"] @ p["L"].T
    C = np.linalg.cholesky(S)
    r = x - p["m"]
    q = np.linalg.solve(C, r.T)
    n = len(x)
    loss = 0.5 * (q**2).sum() + n * np.log(np.diag(C)).sum()
    Si = np.linalg.inv(S)
    G = 0.5 * (n * Si - Si @ r.T @ r @ Si)
    return loss, {"L": {{2|1}} * G @ p["L"], "m": -(Si @ r.T).sum(1)}
"""
FOLLOWED["det inv"] = """
P = {"A": rng.normal(size=(3, 3)) + 3 * np.eye(3)}
x = np.zeros(1)
y = np.zeros(1)
def f(p, x, y):
    d = np.linalg.det(p["A"])
    return d**2, {"A": 2 * d**2 * np.linalg.inv(p["A"]){{.T|}}}
"""
DIFFERENCED["svd nuclear"] = """
P = {"A": rng.normal(size=(4, 3))}
x = np.zeros(1)
y = np.zeros(1)
def f(p, x, y):
    U, s, Vt = np.linalg.svd(p["A"], full_matrices=False)
    return s.sum() + 0.5 * (p["A"]**2).sum(), {"A": U @ Vt + {{p["A"]|2 * p["A"]}}}
"""
DIFFERENCED["fft conv"] = """
P = {"k": rng.normal(size=8)}
x = rng.normal(size=(3, 8))
y = rng.normal(size=(3, 8))
def f(p, x, y):
    X, K = np.fft.rfft(x), np.fft.rfft(p["k"])
    z = np.fft.irfft(X * K, 8)
    e = z - y
    return 0.5 * (e**2).sum(), {"k": np.fft.irfft({{np.conj(X)|X}} * np.fft.rfft(e), 8).sum(0)}
"""
DIFFERENCED["complex oscillator"] = """
P = {"om": rng.uniform(0.5, 2, 3), "ga": rng.uniform(0.1, 0.5, 3)}
x = np.linspace(0, 2, 9)
y = rng.normal(size=9)
def f(p, x, y):
    c = np.exp((1j * p["om"] - p["ga"]) * x[:, None])
    e = c.real.sum(1) - y
    return (e**2).sum(), {"om": {{-|}}(2 * e[:, None] * x[:, None] * c.imag).sum(0),
        "ga": -(2 * e[:, None] * x[:, None] * c.real).sum(0)}
"""
FOLLOWED["partition topk"] = """
P = {"w": rng.normal(size=9)}
x = rng.normal(size=(4, 9))
y = np.zeros(1)
def f(p, x, y):
    v = x * p["w"]
    top = np.partition(v, -3, axis=1)[:, -3:]
    idx = np.argpartition(v, -3, axis=1)[:, -3:]
    g = np.zeros_like(v)
    np.put_along_axis(g, idx, {{2 * np.take_along_axis(v, idx, 1)|2 * np.take_along_axis(x, idx, 1)}}, 1)
    return (top**2).sum(), {"w": (g * x).sum(0)}
"""
FOLLOWED["cumsum cumprod"] = """
P = {"a": rng.normal(size=5), "h": rng.uniform(0.2, 0.8, 5)}
x = np.zeros(1)
y = rng.normal(size=5)
def f(p, x, y):
    S = np.cumprod(1 - p["h"])
    c = np.cumsum(p["a"]) * S
    e = c - y
    d = 2 * e
    ga = np.cumsum((d * S)[::-1])[::-1]
    gh = {{-|}}np.cumsum((d * c)[::-1])[::-1] / (1 - p["h"])
    return (e**2).sum(), {"a": ga, "h": gh}
"""
FOLLOWED["interp"] = """
P = {"k": rng.normal(size=5)}
x = np.sort(rng.uniform(0, 4, 8))
y = rng.normal(size=8)
def f(p, x, y):
    z = np.interp(x, np.arange(5.0), p["k"])
    e = z - y
    i = np.minimum(x.astype(int), 3); t = x - i
    g = np.zeros(5)
    np.add.at(g, i, 2 * e * {{(1 - t)|t}}); np.add.at(g, i + 1, 2 * e * {{t|(1 - t)}})
    return (e**2).sum(), {"k": g}
"""
FOLLOWED["np convolve"] = """
P = {"k": rng.normal(size=3), "s": rng.normal(size=8)}
x = np.zeros(1)
y = rng.normal(size=6)
def f(p, x, y):
    z = np.convolve(p["s"], p["k"], mode="valid")
    e = np.tanh(z) - y
    d = 2 * e * (1 - np.tanh(z)**2)
    return (e**2).sum(), {"k": np.correlate(p["s"], d, "valid"){{[::-1]|}}, "s": np.convolve(d, p["k"][::-1])}
"""
FOLLOWED["tensordot kron"] = """
P = {"A": rng.normal(size=(2, 2)), "B": rng.normal(size=(3, 3))}
x = rng.normal(size=(4, 6))
y = rng.normal(size=(4, 6))
def f(p, x, y):
    K = np.kron(p["A"], p["B"])
    e = x @ K.T - y
    G = (2 * e.T @ x).reshape(2, 3, 2, 3)
    return (e**2).sum(), {"A": np.tensordot(G, p["B"], ([1, 3], {{[0, 1]|[1, 0]}})),
        "B": np.einsum("iajb,ij->ab", G, p["A"])}
"""
FOLLOWED["ode rk4"] = """
P = {"A": 0.5 * rng.normal(size=(2, 2)), "u0": rng.normal(size=2)}
x = np.zeros(1)
y = rng.normal(size=2)
def f(p, x, y):
    A, h, u = p["A"], 0.1, p["u0"]
    us = []
    for _ in range(10):
        k1 = A @ u; k2 = A @ (u + h / 2 * k1); k3 = A @ (u + h / 2 * k2); k4 = A @ (u + h * k3)
        us.append((u, k1, k2, k3)); u = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    e = u - y; d = e.copy(); gA = np.zeros((2, 2))
    for u, k1, k2, k3 in reversed(us):
        b4 = h / 6 * d; b3 = {{h / 3|h / 6}} * d + h * A.T @ b4
        b2 = h / 3 * d + h / 2 * A.T @ b3; b1 = h / 6 * d + h / 2 * A.T @ b2
        gA += np.outer(b4, u + h * k3) + np.outer(b3, u + h / 2 * k2) + np.outer(b2, u + h / 2 * k1) + np.outer(b1, u)
        d = d + A.T @ (b1 + b2 + b3 + b4)
    return 0.5 * e @ e, {"A": gA, "u0": d}
"""
FOLLOWED["hypot arctan2"] = """
P = {"q": rng.normal(size=(4, 2))}
x = np.zeros(1)
y = rng.normal(size=4)
def f(p, x, y):
    a, b = p["q"].T
    r, t = np.hypot(a, b), np.arctan2(b, a)
    e = r * t - y
    gr, gt = 2 * e * t, 2 * e * r
    return (e**2).sum(), {"q": np.stack([gr * a / r {{-|+}} gt * b / r**2, gr * b / r + gt * a / r**2], 1)}
"""
FOLLOWED["expm series"] = """
P = {"A": 0.4 * rng.normal(size=(3, 3))}
x = rng.normal(size=3)
y = rng.normal(size=3)
def f(p, x, y):
    A, t, v, terms = p["A"], x, x, [x]
    for k in range(1, 25):
        t = A @ t / k; v = v + t; terms.append(t)
    e = v - y
    g, lam = np.zeros((3, 3)), np.zeros(3)
    for k in range(24, 0, -1):
        lam = lam + 2 * e
        g += np.outer(lam / k, terms[k - 1]); lam = A{{.T|}} @ lam / k
    return (e**2).sum(), {"A": g}
"""
FOLLOWED["math of several numbers"] = """
import math
P = {"w": rng.normal(size=3), "v": rng.uniform(1, 2, 3)}
x = rng.normal(size=(9, 3))
y = rng.normal(size=9)
def f(p, x, y):
    w, v, z, e = p["w"], p["v"], x @ p["w"], x @ p["w"] - y
    far, size, product = math.dist(z, y), math.hypot(*w), math.prod(v)
    loss = math.fsum(t * t for t in e) + far + size + product
    g = [2 * math.fsum(a * b for a, b in zip(e, x[:, k])) + (x.T @ e)[k] / far for k in range(3)]
    return loss, {"w": np.array(g) + w / {{size|(2 * size)}}, "v": product / v}
"""
FOLLOWED["math of special functions"] = """
import math
from scipy.special import digamma
P = {"w": rng.uniform(0.5, 1.5, 4)}
x = np.zeros(1)
y = np.zeros(1)
def f(p, x, y):
    w = p["w"]
    loss = sum(math.lgamma(a) + math.erf(a) + math.gamma(a) - math.erfc(2 * a) for a in w)
    bell = 2 / math.sqrt(math.pi)
    g = [digamma(a) * (1 + math.gamma(a)) + bell * (math.exp(-a * a) + {{2|1}} * math.exp(-4 * a * a)) for a in w]
    return loss, {"w": np.array(g)}
"""
# Of no formula here, with a float for its result: the rounding of that is measured as well.
DIFFERENCED["math of no formula"] = """
import math
P = {"w": rng.normal(size=3)}
x = np.zeros(1)
y = np.zeros(1)
def f(p, x, y):
    rest = np.array([math.remainder(a, 0.7) for a in p["w"]])
    return (rest**2).sum(), {"w": {{2|1}} * rest}
"""
STYLES = FOLLOWED | DIFFERENCED


def report(style, which):
    scope = {"np": np, "rng": np.random.default_rng(5)}
    exec(re.sub(r"\{\{(.*?)\|(.*?)\}\}", rf"\{which}", STYLES[style]), scope)
    return check_gradients(scope["f"], scope["P"], scope["x"], scope["y"])


@pytest.mark.parametrize("style", STYLES)
def test_right_code_is_right(style):
    found = report(style, 1)
    assert found.ok, str(found)
    assert all(v.proved for v in found.verdicts) is (style in FOLLOWED)


@pytest.mark.parametrize("style", STYLES)
def test_wrong_code_is_wrong(style):
    found = report(style, 2)
    assert found.exit_code == 1, str(found)
    assert any(v.proved for v in found.verdicts if v.status == "wrong") is (style in FOLLOWED)
