"""RankNet with gains: documents of several queries, a loop over pairs weighted by their change of DCG, a two-layer scorer."""
import numpy as np

SIGMA = 1.5


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def pair_weights(rel):
    gain = 2.0 ** rel - 1
    discount = 1 / np.log2(2 + np.arange(len(rel)))
    return np.abs((gain[:, None] - gain[None, :]) * (discount[:, None] - discount[None, :]))


class Scorer:
    def __init__(self, params):
        self.W, self.c, self.a = params

    def forward(self, docs):
        self.docs = docs
        self.h = np.arctan(docs.dot(self.W.T) + self.c)
        return np.dot(self.h, self.a)

    def backward(self, ds):
        da = self.h.T.dot(ds)
        dh = ds[:, None] * self.a[None, :]
        dpre = dh * np.cos(self.h) ** 2
        return dpre.T.dot(self.docs), dpre.sum(0), da


def backward(params, x, y):
    total, count = 0.0, 0
    gW, gc, ga = (np.zeros_like(p) for p in params)
    for docs, rel in zip(x, y):
        net = Scorer(params)
        s = net.forward(docs)
        weights = pair_weights(rel)
        ds = np.zeros_like(s)
        for i in range(len(s)):
            for j in range(len(s)):
                if rel[i] > rel[j]:
                    diff = SIGMA * (s[i] - s[j])
                    total += weights[i, j] * np.logaddexp(0, -diff)
                    lam = -SIGMA * weights[i, j] * sigmoid(-diff)
                    ds[i] += lam
                    ds[j] -= lam
                    count += 1
        dW, dc, da = net.backward(ds)
        gW += dW
        gc += dc
        ga += da
    count = max(count, 1)
    return total / count, [gW / count, gc / count, ga / count]


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=s) for s in ((4, 3), (4,), (4,))]


def batch(rng, n):
    sizes = [3 + k % 2 for k in range(n)]
    return [rng.normal(size=(m, 3)) for m in sizes], [rng.permutation(m) % 3 for m in sizes]


rng = np.random.default_rng(66)
params = draw(rng)
x, y = batch(rng, 3)
