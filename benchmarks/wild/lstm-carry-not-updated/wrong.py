import numpy as np


def sig(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    def __init__(self, n_in=2, n_h=3):
        r = np.random.RandomState(5)
        self.n_h = n_h
        self.W = r.normal(0, 0.5, (4 * n_h, n_in + n_h))
        self.b = r.normal(0, 0.3, (4 * n_h, 1))
        self.V = r.normal(0, 0.7, (1, n_h))

    def run(self, xs, ys):
        H = self.n_h
        h, c = np.zeros((H, 1)), np.zeros((H, 1))
        self.steps, loss = [], 0.0
        for x, y in zip(xs, ys):
            z = np.concatenate([x.reshape(-1, 1), h])
            a = self.W @ z + self.b
            f, i, o, g = sig(a[:H]), sig(a[H : 2 * H]), sig(a[2 * H : 3 * H]), np.tanh(a[3 * H :])
            c_old, c = c, f * c + i * g
            h = o * np.tanh(c)
            e = (self.V @ h).item() - y
            loss += 0.5 * e**2
            self.steps.append((z, f, i, o, g, c_old, c, h, e))
        self.dW, self.db, self.dV = (np.zeros_like(p) for p in (self.W, self.b, self.V))
        dh_next, dc_next = np.zeros((H, 1)), np.zeros((H, 1))
        for z, f, i, o, g, c_old, c, h, e in self.steps[::-1]:
            self.dV += e * h.T
            dh = self.V.T * e + dh_next
            dc = dc_next + dh * o * (1 - np.tanh(c) ** 2)
            da = np.vstack([dc * c_old * f * (1 - f), dc * g * i * (1 - i), dh * np.tanh(c) * o * (1 - o), dc * i * (1 - g**2)])
            self.dW += da @ z.T
            self.db += da
            dz = self.W.T @ da
            dh_prev = dz[len(z) - H :]
            dc_prev = f * dc
        return loss


net = LSTM()
xs = np.random.RandomState(6).normal(size=(4, 2))
ys = np.random.RandomState(7).normal(size=4)


def loss_and_grads(params, xs, ys):
    net.W, net.b, net.V = params["W"], params["b"], params["V"]
    loss = net.run(xs, ys)
    return loss, {"W": net.dW, "b": net.db, "V": net.dV}


params, x, y = {"W": net.W, "b": net.b, "V": net.V}, xs, ys
