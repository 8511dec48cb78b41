"""Graph attention: an edge list, softmax over the edges into each node with np.add.at, leaky slope, class with a tape of attributes."""
import numpy as np


class GATLayer:
    SLOPE = 0.2

    def __init__(self, W, a_src, a_dst):
        self.W, self.a_src, self.a_dst = W, a_src, a_dst

    def forward(self, feats, src, dst):
        self.feats, self.src, self.dst = feats, src, dst
        n = len(feats)
        self.h = feats @ self.W
        self.e = self.h[src] @ self.a_src + self.h[dst] @ self.a_dst
        act = np.where(self.e > 0, self.e, self.SLOPE * self.e)
        top = np.full(n, -np.inf)
        np.maximum.at(top, dst, act)
        ex = np.exp(act - top[dst])
        total = np.zeros(n, dtype=ex.dtype)
        np.add.at(total, dst, ex)
        self.alpha = ex / total[dst]
        out = np.zeros_like(self.h)
        np.add.at(out, dst, self.alpha[:, None] * self.h[src])
        return out

    def backward(self, dout):
        src, dst, h, alpha = self.src, self.dst, self.h, self.alpha
        per_edge = dout[dst]
        dh = np.zeros_like(h)
        np.add.at(dh, src, alpha[:, None] * per_edge)
        dalpha = np.sum(per_edge * h[src], axis=1)
        # softmax over the edges of one target
        mean = np.zeros(len(h), dtype=h.dtype)
        np.add.at(mean, dst, alpha * dalpha)
        de = alpha * (dalpha - mean[dst])
        de[self.e <= 0] *= self.SLOPE
        self.d_src = h[src].T @ de
        self.d_dst = h[dst].T @ de
        np.add.at(dh, src, np.outer(de, self.a_src))
        np.add.at(dh, dst, np.outer(de, self.a_dst))
        self.dW = self.feats.T @ dh
        return dh @ self.W.T


def ring(n):
    """Edges to both neighbours, to the node itself, and a chord from every third node."""
    i = np.arange(n)
    src = np.concatenate([i, i, i, i[::3]])
    dst = np.concatenate([i, (i + 1) % n, (i - 1) % n, (i[::3] + 2) % n])
    return src, dst


def backward(params, x, y):
    src, dst = ring(len(x))
    layers = [GATLayer(*p) for p in params['gat']]
    one = layers[0].forward(x, src, dst)
    mid = np.tanh(one)
    two = layers[1].forward(mid, src, dst)
    gap = two @ params['w'] - y
    loss = (np.logaddexp(gap, -gap) - np.log(2)).mean()

    dgap = np.tanh(gap) / len(y)
    dw = two.T @ dgap
    dmid = layers[1].backward(dgap[:, None] * params['w'])
    layers[0].backward(dmid * (1 - mid ** 2))
    return loss, {'gat': [[l.dW, l.d_src, l.d_dst] for l in layers], 'w': dw}


def torch_loss(params, x, y):
    """The same loss on tensors: a dense matrix of edge counts in place of np.maximum.at."""
    src, dst = ring(len(x))
    count = x.new_zeros(len(x), len(x))
    for s, d in zip(src.tolist(), dst.tolist()):
        count[d, s] += 1

    def layer(feats, W, a_src, a_dst):
        h = feats @ W
        e = (h @ a_src)[None, :] + (h @ a_dst)[:, None]
        ex = e.where(e > 0, GATLayer.SLOPE * e).exp() * count
        return ex / ex.sum(1, keepdim=True) @ h
    gap = layer(layer(x, *params['gat'][0]).tanh(), *params['gat'][1]) @ params['w'] - y
    return gap.cosh().log().mean()


def draw(rng, scale=1.0):
    g = lambda *s: scale * rng.normal(size=s)
    return {'gat': [[g(3, 3), g(3), g(3)], [g(3, 2), g(2), g(2)]], 'w': g(2)}


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.normal(size=n)


rng = np.random.default_rng(601)
params = draw(rng)
x, y = batch(rng, 6)
