import numpy as np

rnd = np.random.default_rng(25)
x = rnd.normal(size=(6, 2))
y = rnd.normal(size=6)
params = np.array([0.3, -0.4, 0.2])


def sq_dist(a):
    return np.sum((a[:, None, :] - a[None, :, :]) ** 2, axis=2)


class RBFard:
    def __init__(self, hyp):
        self.hyp = hyp

    def getCovMatrix(self, x):
        D = x.shape[1]
        ell = 1.0 / np.exp(self.hyp[:D])
        sf2 = np.exp(2.0 * self.hyp[D])
        return sf2 * np.exp(-0.5 * sq_dist(x * ell))

    def getDerMatrix(self, x, der):
        D = x.shape[1]
        ell = 1.0 / np.exp(self.hyp[:D])
        A = self.getCovMatrix(x)
        if der < D:
            scaled = x[:, [der]] * ell[der]
            A = A * sq_dist(scaled)
        else:
            A = 2.0 * A
        return A


def nlml(params, x, y):
    kernel = RBFard(params)
    K = kernel.getCovMatrix(x) + 0.1 * np.eye(len(y))
    alpha = np.linalg.solve(K, y)
    value = 0.5 * y @ alpha + 0.5 * np.linalg.slogdet(K)[1]
    Q = np.linalg.inv(K) - np.outer(alpha, alpha)
    dnlz = np.array([0.5 * np.sum(Q * kernel.getDerMatrix(x, i)) for i in range(len(params))])
    return value, dnlz
