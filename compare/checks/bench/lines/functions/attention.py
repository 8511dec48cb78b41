"""Attention: one head over one sequence, the softmax backward row by row through its Jacobian, causal mask."""
import numpy as np


def softmax(S):
    E = np.exp(S - S.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def backward(params, x, y):
    Wq, Wk, Wv, Wo = params['Wq'], params['Wk'], params['Wv'], params['Wo']
    T = len(x)
    d = Wq.shape[1]
    Q, K, V = x @ Wq, x @ Wk, x @ Wv
    mask = np.tril(np.ones((T, T)))
    S = Q @ K.T / np.sqrt(d)
    S = np.where(mask > 0, S, -1e9)
    A = softmax(S)
    C = A @ V
    O = C @ Wo + x
    loss = 0.5 * ((O - y) ** 2).sum()

    dO = O - y
    dWo = C.T @ dO
    dC = dO @ Wo.T
    dA = dC @ V.T
    dV = A.T @ dC
    dS = np.zeros_like(A)
    for i in range(T):
        a = A[i].reshape(-1, 1)
        J = np.diagflat(a) - a @ a.T
        dS[i] = J @ dA[i]
    dS /= np.sqrt(d)
    dQ = dS @ K
    dK = dS.T @ Q
    dWq = x.T @ dQ
    dWk = x.T @ dK
    dWv = x.T @ dV
    return float(loss), {'Wq': dWq, 'Wk': dWk, 'Wv': dWv, 'Wo': dWo}


def draw(rng, scale=1.0):
    return {k: scale * rng.normal(size=(4, 4)) * 0.6 for k in ('Wq', 'Wk', 'Wv', 'Wo')}


def batch(rng, n):
    return rng.normal(size=(n, 4)), rng.normal(size=(n, 4))


rng = np.random.default_rng(12)
params = draw(rng)
x, y = batch(rng, 5)
