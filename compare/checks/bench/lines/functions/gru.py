"""GRU: column vectors of one sequence, a matrix for each gate, lists by time, the loss at the last step alone."""
import numpy as np

sigmoid = lambda v: 0.5 * (1 + np.tanh(0.5 * v))


class GRU:
    def __init__(self, weights):
        self.Wz, self.Uz, self.bz = weights['z']
        self.Wr, self.Ur, self.br = weights['r']
        self.Wh, self.Uh, self.bh = weights['h']

    def forward(self, xs):
        h = np.zeros_like(self.bz)
        self.xs, self.hs, self.zs, self.rs, self.cs = xs, [h], [], [], []
        for v in xs:
            v = v.reshape(-1, 1)
            z = sigmoid(self.Wz @ v + self.Uz @ h + self.bz)
            r = sigmoid(self.Wr @ v + self.Ur @ h + self.br)
            c = np.tanh(self.Wh @ v + self.Uh @ (r * h) + self.bh)
            h = (1 - z) * h + z * c
            self.hs.append(h)
            self.zs.append(z)
            self.rs.append(r)
            self.cs.append(c)
        return h

    def backward(self, dh):
        dWz, dUz, dbz = np.zeros_like(self.Wz), np.zeros_like(self.Uz), np.zeros_like(self.bz)
        dWr, dUr, dbr = np.zeros_like(self.Wr), np.zeros_like(self.Ur), np.zeros_like(self.br)
        dWh, dUh, dbh = np.zeros_like(self.Wh), np.zeros_like(self.Uh), np.zeros_like(self.bh)
        for t in range(len(self.xs) - 1, -1, -1):
            v = self.xs[t].reshape(-1, 1)
            h_prev, z, r, c = self.hs[t], self.zs[t], self.rs[t], self.cs[t]
            dc = dh * z * (1 - c * c)
            dz = dh * (c - h_prev) * z * (1 - z)
            drh = self.Uh.T @ dc
            dr = drh * h_prev * r * (1 - r)
            dWh += dc @ v.T
            dUh += dc @ (r * h_prev).T
            dbh += dc
            dWz += dz @ v.T
            dUz += dz @ h_prev.T
            dbz += dz
            dWr += dr @ v.T
            dUr += dr @ h_prev.T
            dbr += dr
            dh = (dh * (1 - z)
                  + drh * r
                  + self.Uz.T @ dz
                  + self.Ur.T @ dr)
        return {'z': [dWz, dUz, dbz], 'r': [dWr, dUr, dbr], 'h': [dWh, dUh, dbh]}


def backward(params, x, y):
    net = GRU(params)
    h = net.forward(x)
    e = h - y
    return 0.5 * np.sum(e ** 2), net.backward(e)


def draw(rng, scale=1.0):
    return {gate: [scale * .7 * rng.normal(size=s) for s in ((4, 2), (4, 4), (4, 1))] for gate in 'zrh'}


def batch(rng, n):
    return rng.normal(size=(n, 2)), rng.normal(size=(4, 1))


rng = np.random.default_rng(10)
params = draw(rng)
x, y = batch(rng, 5)
