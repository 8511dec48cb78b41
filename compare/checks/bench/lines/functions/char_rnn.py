"""Vanilla RNN: character model on lists of ints, hidden states in a dict by time, column vectors, one-hot inputs."""
import numpy as np

vocab_size, hidden_size = 5, 4


def backward(params, x, y):
    Wxh, Whh, Why, bh, by = (params[k] for k in ('Wxh', 'Whh', 'Why', 'bh', 'by'))
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.zeros((hidden_size, 1))
    loss = 0
    # forward pass
    for t in range(len(x)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][x[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        m = np.max(ys[t])
        ps[t] = np.exp(ys[t] - m) / np.sum(np.exp(ys[t] - m))
        loss += m + np.log(np.sum(np.exp(ys[t] - m))) - ys[t][y[t], 0]
    # backward pass
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(x))):
        dy = np.copy(ps[t])
        dy[y[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t-1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return loss, {'Wxh': dWxh, 'Whh': dWhh, 'Why': dWhy, 'bh': dbh, 'by': dby}


def draw(rng, scale=1.0):
    return {
        'Wxh': scale * .5 * rng.standard_normal((hidden_size, vocab_size)),
        'Whh': scale * .5 * rng.standard_normal((hidden_size, hidden_size)),
        'Why': scale * .5 * rng.standard_normal((vocab_size, hidden_size)),
        'bh': scale * .1 * rng.standard_normal((hidden_size, 1)),
        'by': scale * .1 * rng.standard_normal((vocab_size, 1)),
    }


def batch(rng, n):
    text = [int(i) for i in rng.integers(0, vocab_size, n + 1)]
    return text[:-1], text[1:]


rng = np.random.default_rng(8)
params = draw(rng)
x, y = batch(rng, 6)
