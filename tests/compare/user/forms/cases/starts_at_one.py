import numpy as np
from scipy import optimize

t = np.linspace(0, 4, 15)
data = 2.5 * np.exp(-1.3 * t) + 0.5


def residuals(p):
    a, k, c = p
    return a * np.exp(-k * t) + c - data


def sse(p):
    r = residuals(p)
    return 0.5 * np.dot(r, r)


def sse_grad(p):
    a, k, c = p
    e = np.exp(-k * t)
    r = residuals(p)
    return np.array([np.dot(r, e), np.dot(r, -a * t * e), r.sum()])


p0 = np.array([1.0, 1.0, 0.0])
result = optimize.minimize(sse, p0, jac=sse_grad, method="CG")
