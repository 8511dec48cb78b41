"""Knowledge graph: translations of entities, softplus of distances against corrupted tails, two dicts of arrays, np.subtract with out."""
import numpy as np

MARGIN, EPS = 1.0, 1e-4


def smooth_distance(d):
    return np.sqrt(np.sum(d ** 2, axis=-1) + EPS)


def score_grad(coef, d, dist):
    """Gradient by the difference vectors, each distance weighted by coef."""
    g = coef[..., None] * d
    g /= dist[..., None]
    return g


def backward(params, x, y):
    ent, rel = params['entities'], params['relations']
    heads, rels, tails = x[:, 0], x[:, 1], x[:, 2]
    n, m = y.shape

    shifted = ent[heads] + rel[rels]
    d_pos = np.empty_like(shifted)
    np.subtract(shifted, ent[tails], out=d_pos)
    d_neg = shifted[:, None] - ent[y]
    dist_pos = smooth_distance(d_pos)
    dist_neg = smooth_distance(d_neg)
    gap = MARGIN + dist_pos[:, None] - dist_neg
    loss = np.logaddexp(0, gap).mean() + 0.5e-2 * np.sum(ent ** 2) / len(ent)

    g_gap = 1 / (1 + np.exp(-gap)) / (n * m)
    g_pos = score_grad(g_gap.sum(axis=1), d_pos, dist_pos)
    g_neg = score_grad(-g_gap, d_neg, dist_neg)
    g_shifted = g_pos + g_neg.sum(axis=1)

    g_ent = np.zeros_like(ent)
    g_rel = np.zeros_like(rel)
    for i in range(n):
        g_ent[heads[i]] += g_shifted[i]
        g_rel[rels[i]] += g_shifted[i]
        g_ent[tails[i]] -= g_pos[i]
    np.subtract.at(g_ent, y, g_neg)
    g_ent += 1e-2 * ent / len(ent)
    return loss, {'entities': g_ent, 'relations': g_rel}


def torch_loss(params, x, y):
    """The same loss on tensors: np.subtract.at has no twin there."""
    ent, rel = params['entities'], params['relations']
    d = lambda v: ((v ** 2).sum(-1) + EPS).sqrt()
    shifted = ent[x[:, 0].long()] + rel[x[:, 1].long()]
    gap = MARGIN + d(shifted - ent[x[:, 2].long()])[:, None] - d(shifted[:, None] - ent[y.long()])
    return gap.logaddexp(gap * 0).mean() + 0.5e-2 * (ent ** 2).sum() / len(ent)


def draw(rng, scale=1.0):
    return {'entities': scale * rng.normal(size=(6, 3)), 'relations': scale * rng.normal(size=(2, 3))}


def batch(rng, n):
    triples = np.column_stack([rng.integers(0, 6, n), rng.integers(0, 2, n), rng.integers(0, 6, n)])
    return triples, rng.integers(0, 6, (n, 3))


rng = np.random.default_rng(514)
params = draw(rng)
x, y = batch(rng, 5)
