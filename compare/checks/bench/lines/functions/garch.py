"""GARCH(1,1) with leverage: a variance recursion, Student-t likelihood, scores accumulated backwards in time, scalar code."""
import numpy as np
from scipy.special import digamma, gammaln


def unpack(theta):
    omega = 0.1 + np.exp(np.tanh(theta[0]))
    s = 1 / (1 + np.exp(-np.tanh(theta[1:4])))
    alpha, beta, leverage = 0.3 * s[0], 0.6 * s[1], 0.2 * s[2]
    dof = 3 + np.exp(np.tanh(theta[4]))
    return omega, alpha, beta, leverage, dof, s


def backward(theta, x, y=None):
    omega, alpha, beta, leverage, dof, s = unpack(theta)
    T = len(x)
    var = np.zeros(T + 1)
    var[0] = 1.0
    const = gammaln((dof + 1) / 2) - gammaln(dof / 2) - 0.5 * np.log(np.pi * (dof - 2))
    nll = 0.0
    for t in range(T):
        q = x[t] ** 2 / (var[t] * (dof - 2))
        nll -= const - 0.5 * np.log(var[t]) - 0.5 * (dof + 1) * np.log(1 + q)
        down = 1.0 if x[t] < 0 else 0.0
        var[t + 1] = omega + (alpha + leverage * down) * x[t] ** 2 + beta * var[t]
    nll = nll / T

    d_omega = d_alpha = d_beta = d_lev = d_dof = 0.0
    dvar_next = 0.0
    for t in range(T - 1, -1, -1):
        q = x[t] ** 2 / (var[t] * (dof - 2))
        dq = 0.5 * (dof + 1) / (1 + q)
        dvar = 0.5 / var[t] - dq * q / var[t]
        d_dof += 0.5 * np.log(1 + q) - dq * q / (dof - 2)
        # var[t + 1] was made of var[t]
        d_omega += dvar_next
        d_alpha += dvar_next * x[t] ** 2
        if x[t] < 0:
            d_lev += dvar_next * x[t] ** 2
        d_beta += dvar_next * var[t]
        dvar_next = dvar + dvar_next * beta
    d_dof -= T * (0.5 * digamma((dof + 1) / 2) - 0.5 * digamma(dof / 2) - 0.5 / (dof - 2))
    th = np.tanh(theta)
    inner = 1 - th ** 2
    grad = np.empty_like(theta)
    grad[0] = d_omega * (omega - 0.1) * inner[0]
    grad[1] = d_alpha * 0.3 * s[0] * (1 - s[0]) * inner[1]
    grad[2] = d_beta * 0.6 * s[1] * (1 - s[1]) * inner[2]
    grad[3] = d_lev * 0.2 * s[2] * (1 - s[2]) * inner[3]
    grad[4] = d_dof * (dof - 3) * inner[4]
    return nll, grad / T


def draw(rng, scale=1.0):
    return 2 * np.tanh(scale * rng.normal(size=5))


def batch(rng, n):
    return rng.normal(size=n), None


rng = np.random.default_rng(68)
params = draw(rng)
x, y = batch(rng, 8)
