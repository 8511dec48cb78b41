"""Deep sets: a list of sets of different sizes, sum pooling, a loop over sets with small backward functions inside."""
import numpy as np


def backward(params, x, y):
    W_phi, b_phi, W_rho, b_rho, w_out = params['phi'][0], params['phi'][1], params['rho'][0], params['rho'][1], params['out']

    def phi(s):
        return np.tanh(s @ W_phi + b_phi)

    def rho(z):
        return np.logaddexp(0, z @ W_rho + b_rho)

    loss = 0.0
    dW_phi, db_phi, dW_rho, db_rho, dw_out = (np.zeros_like(a) for a in (W_phi, b_phi, W_rho, b_rho, w_out))
    for s, target in zip(x, y):
        e = phi(s)
        z = np.sum(e, axis=0)
        h = rho(z)
        pred = h @ w_out
        r = pred - target
        loss += r ** 2

        dw_out += 2 * r * h
        dh = 2 * r * w_out
        dpre = dh / (1 + np.exp(-(z @ W_rho + b_rho)))
        dW_rho += np.outer(z, dpre)
        db_rho += dpre
        dz = W_rho @ dpre
        de = np.ones((len(s), 1)) * dz
        da = de * (1 - e ** 2)
        dW_phi += s.T @ da
        db_phi += np.sum(da, axis=0)
    k = len(x)
    loss /= k
    return loss, {'phi': [dW_phi / k, db_phi / k], 'rho': [dW_rho / k, db_rho / k], 'out': dw_out / k}


def draw(rng, scale=1.0):
    g = lambda *s: scale * rng.normal(size=s)
    return {'phi': [g(2, 4), g(4)], 'rho': [g(4, 3), g(3)], 'out': g(3)}


def batch(rng, n):
    return [rng.normal(size=(2 + i % 3, 2)) for i in range(n)], rng.normal(size=n)


rng = np.random.default_rng(39)
params = draw(rng)
x, y = batch(rng, 5)
