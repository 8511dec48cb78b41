"""A recurrent network in the style of min-char-rnn: the parameters are globals, the loop below never ends."""

import pytest

from .judged import is_placed, is_right

CHARACTERS = """\
import numpy as np
data = "hello world, hello there" * 20
chars = sorted(set(data)); data_size, vocab_size = len(data), len(chars)
char_to_ix = {c: i for i, c in enumerate(chars)}
np.random.seed(0)
hidden_size = 4; seq_length = 4; learning_rate = 1e-1
Wxh = np.random.randn(hidden_size, vocab_size)*0.3
Whh = np.random.randn(hidden_size, hidden_size)*0.3
Why = np.random.randn(vocab_size, hidden_size)*0.3
bh = np.zeros((hidden_size, 1)); by = np.zeros((vocab_size, 1))
def lossFun(inputs, targets, hprev):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t-1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs)-1]
n, p = 0, 0
mWxh, mWhh, mWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
mbh, mby = np.zeros_like(bh), np.zeros_like(by)
while True:
    if p+seq_length+1 >= len(data) or n == 0:
        hprev = np.zeros((hidden_size, 1))
        p = 0
    inputs = [char_to_ix[ch] for ch in data[p:p+seq_length]]
    targets = [char_to_ix[ch] for ch in data[p+1:p+seq_length+1]]
    loss, dWxh, dWhh, dWhy, dbh, dby, hprev = lossFun(inputs, targets, hprev)
    for param, dparam, mem in zip([Wxh, Whh, Why, bh, by], [dWxh, dWhh, dWhy, dbh, dby], [mWxh, mWhh, mWhy, mbh, mby]):
        mem += dparam * dparam
        param += -learning_rate * dparam / np.sqrt(mem + 1e-8)
    p += seq_length
    n += 1
"""


def test_parameters_that_are_globals_are_right(tmp_path):
    assert {v.name for v in is_right(CHARACTERS, tmp_path).verdicts} == {"Wxh", "Whh", "Why", "bh", "by"}


MISTAKES = [
    ("np.dot(dhraw, hs[t-1].T)", "np.dot(dhraw, hs[t].T)"),
    ("(1 - hs[t] * hs[t])", "(1 - hs[t])"),
    ("np.dot(Whh.T, dhraw)", "np.dot(Whh, dhraw)"),
]


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_a_mistake_is_placed(right, wrong, tmp_path):
    is_placed(CHARACTERS, right, wrong, tmp_path)
