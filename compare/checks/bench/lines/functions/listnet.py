"""ListNet: listwise ranking of documents in queries, pullbacks returned by each function and composed, queries as index ranges."""
import numpy as np


def dense(W, b):
    def run(x):
        def pull(ct):
            return ct @ W.T, (x.T @ ct, ct.sum(axis=0))
        return x @ W + b, pull
    return run


def softsign(x):
    den = 1 + np.abs(x)
    return x / den, lambda ct: ct / den ** 2


def top_one_loss(scores, relevance):
    """Cross entropy of two softmax distributions over one list."""
    shifted = scores - scores.max()
    logp = shifted - np.log(np.exp(shifted).sum())
    target = np.exp(relevance - relevance.max())
    target = target / target.sum()
    value = -(target * logp).sum()
    return value, lambda ct: ct * (np.exp(logp) - target)


def backward(params, x, y):
    (W1, b1), (W2, b2), skip = params['one'], params['two'], params['skip']
    first, pull_first = dense(W1, b1)(x)
    hidden, pull_act = softsign(first)
    second, pull_second = dense(W2, b2)(hidden)
    scores = second[:, 0] + x @ skip

    bounds = list(range(0, len(x), 3)) + [len(x)]
    pairs = [(lo, hi) for lo, hi in zip(bounds, bounds[1:])]
    values, pulls = zip(*[top_one_loss(scores[lo:hi], y[lo:hi]) for lo, hi in pairs])
    loss = sum(values) / len(values)

    ct = np.concatenate([pull(1 / len(values)) for pull in pulls])
    g_skip = ct @ x
    ct_hidden, (gW2, gb2) = pull_second(ct[:, np.newaxis])
    _, (gW1, gb1) = pull_first(pull_act(ct_hidden))
    return loss, {'one': (gW1, gb1), 'two': (gW2, gb2), 'skip': g_skip}


def draw(rng, scale=1.0):
    return {
        'one': (scale * rng.normal(size=(3, 4)), scale * rng.normal(size=4)),
        'two': (scale * rng.normal(size=(4, 1)), scale * rng.normal(size=1)),
        'skip': scale * rng.normal(size=3),
    }


def batch(rng, n):
    return rng.normal(size=(n, 3)), rng.integers(0, 4, n).astype(float)


rng = np.random.default_rng(509)
params = draw(rng)
x, y = batch(rng, 8)
