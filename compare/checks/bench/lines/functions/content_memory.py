"""Content addressing of a neural Turing machine: cosine similarity, a key strength by softplus, one read a step."""
import numpy as np


def softplus(a):
    return np.log1p(np.exp(a))


def backward(params, x, y):
    M, Wk, wb, Wr = params["M"], params["Wk"], params["wb"], params["Wr"]
    loss = 0.0
    dM, dWk, dwb, dWr = [np.zeros_like(a) for a in (M, Wk, wb, Wr)]
    for t in range(len(x)):
        k = np.tanh(x[t] @ Wk)
        s = x[t] @ wb
        beta = softplus(s)
        k_norm = np.linalg.norm(k)
        m_norm = np.linalg.norm(M, axis=1)
        dots = M @ k
        sim = dots / (k_norm * m_norm)
        e = np.exp(beta * sim)
        w = e / e.sum()
        r = w @ M
        out = r @ Wr
        diff = out - y[t]
        loss += 0.5 * diff @ diff

        dWr += np.outer(r, diff)
        dr = Wr @ diff
        dM += np.outer(w, dr)
        dw = M @ dr
        dz = w * (dw - w @ dw)
        dbeta = dz @ sim
        dsim = beta * dz
        ds = dbeta / (1 + np.exp(-s))
        dwb += ds * x[t]
        ddots = dsim / (k_norm * m_norm)
        dk = M.T @ ddots - (dsim @ sim) * k / k_norm ** 2
        dM += np.outer(ddots, k) - (dsim * sim / m_norm ** 2)[:, None] * M
        dWk += np.outer(x[t], dk * (1 - k ** 2))
    return loss, {"M": dM, "Wk": dWk, "wb": dwb, "Wr": dWr}


def torch_loss(params, x, y):
    """The same loss on tensors: NumPy's norm is of arrays alone."""
    M, loss = params["M"], 0.0
    for t in range(len(x)):
        k = (x[t] @ params["Wk"]).tanh()
        beta = (x[t] @ params["wb"]).exp().log1p()
        sim = M @ k / (k.norm() * M.norm(dim=1))
        r = (beta * sim).softmax(dim=0) @ M
        loss = loss + 0.5 * ((r @ params["Wr"] - y[t]) ** 2).sum()
    return loss


def draw(rng, scale=1.0):
    shapes = {"M": (5, 3), "Wk": (4, 3), "wb": (4,), "Wr": (3, 2)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return rng.normal(size=(n, 4)), rng.normal(size=(n, 2))


rng = np.random.default_rng(6)
params = draw(rng)
x, y = batch(rng, 3)
