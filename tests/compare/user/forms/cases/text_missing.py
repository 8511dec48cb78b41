"""Character-level vanilla RNN, batch of one, no framework."""
import numpy as np

data = open('input.txt', 'r').read()
chars = sorted(set(data))
data_size, vocab_size = len(data), len(chars)
print('data has %d characters, %d unique.' % (data_size, vocab_size))
char_to_ix = {ch: i for i, ch in enumerate(chars)}
ix_to_char = {i: ch for i, ch in enumerate(chars)}

hidden_size = 20
seq_length = 10
learning_rate = 1e-1

U = np.random.randn(hidden_size, vocab_size) * 0.05
W = np.random.randn(hidden_size, hidden_size) * 0.05
V = np.random.randn(vocab_size, hidden_size) * 0.05
b = np.zeros((hidden_size, 1))
c = np.zeros((vocab_size, 1))


def rnn_loss(inputs, targets, hprev):
    xs, hs, os, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(U @ xs[t] + W @ hs[t - 1] + b)
        os[t] = V @ hs[t] + c
        ps[t] = np.exp(os[t]) / np.sum(np.exp(os[t]))
        loss += -np.log(ps[t][targets[t], 0])
    dU, dW, dV = np.zeros_like(U), np.zeros_like(W), np.zeros_like(V)
    db, dc = np.zeros_like(b), np.zeros_like(c)
    dh_next = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        do = np.copy(ps[t])
        do[targets[t]] -= 1
        dV += do @ hs[t].T
        dc += do
        dh = V.T @ do + dh_next
        dz = (1 - hs[t] * hs[t]) * dh
        db += dz
        dU += dz @ xs[t].T
        dW += dz @ hs[t - 1].T
        dh_next = W.T @ dz
    for dparam in [dU, dW, dV, db, dc]:
        np.clip(dparam, -5, 5, out=dparam)
    return loss, dU, dW, dV, db, dc, hs[len(inputs) - 1]


n, p = 0, 0
mU, mW, mV = np.zeros_like(U), np.zeros_like(W), np.zeros_like(V)
mb, mc = np.zeros_like(b), np.zeros_like(c)
smooth_loss = -np.log(1.0 / vocab_size) * seq_length
while True:
    if p + seq_length + 1 >= len(data) or n == 0:
        hprev = np.zeros((hidden_size, 1))
        p = 0
    inputs = [char_to_ix[ch] for ch in data[p:p + seq_length]]
    targets = [char_to_ix[ch] for ch in data[p + 1:p + seq_length + 1]]
    loss, dU, dW, dV, db, dc, hprev = rnn_loss(inputs, targets, hprev)
    smooth_loss = smooth_loss * 0.999 + loss * 0.001
    if n % 100 == 0:
        print('iter %d, loss: %f' % (n, smooth_loss))
    for param, dparam, mem in zip([U, W, V, b, c], [dU, dW, dV, db, dc], [mU, mW, mV, mb, mc]):
        mem += dparam * dparam
        param += -learning_rate * dparam / np.sqrt(mem + 1e-8)
    p += seq_length
    n += 1
    if n > 2000:
        break
