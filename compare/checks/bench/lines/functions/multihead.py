"""Multi-head attention: a module class with self.cache, one qkv matrix split in three, heads by reshape and transpose."""
import numpy as np


class MultiHeadAttention:
    def __init__(self, W_qkv, W_out, b_out, heads):
        self.W_qkv, self.W_out, self.b_out, self.heads = W_qkv, W_out, b_out, heads
        self.grads = {}

    def split(self, t):
        B, T, D = t.shape
        return t.reshape(B, T, self.heads, D // self.heads).transpose(0, 2, 1, 3)

    def join(self, t):
        B, h, T, d = t.shape
        return t.transpose(0, 2, 1, 3).reshape(B, T, h * d)

    def forward(self, x):
        D = x.shape[-1]
        qkv = x @ self.W_qkv
        q, k, v = (self.split(qkv[..., i * D:(i + 1) * D]) for i in range(3))
        scale = 1 / np.sqrt(D // self.heads)
        att = q @ k.transpose(0, 1, 3, 2) * scale
        att = np.exp(att - att.max(-1, keepdims=True))
        att /= att.sum(-1, keepdims=True)
        y = self.join(att @ v)
        self.cache = (x, q, k, v, att, y, scale)
        return y @ self.W_out + self.b_out

    def backward(self, dout):
        x, q, k, v, att, y, scale = self.cache
        self.grads['b_out'] = dout.sum(axis=(0, 1))
        self.grads['W_out'] = np.einsum('btd,bte->de', y, dout)
        dy = self.split(dout @ self.W_out.T)
        dv = att.transpose(0, 1, 3, 2) @ dy
        datt = dy @ v.transpose(0, 1, 3, 2)
        ds = att * (datt - (datt * att).sum(-1, keepdims=True)) * scale
        dq = ds @ k
        dk = ds.transpose(0, 1, 3, 2) @ q
        dqkv = np.concatenate([self.join(t) for t in (dq, dk, dv)], axis=-1)
        self.grads['W_qkv'] = np.einsum('btd,bte->de', x, dqkv)
        return dqkv @ self.W_qkv.T


def backward(params, x, y):
    layer = MultiHeadAttention(params['W_qkv'], params['W_out'], params['b_out'], heads=2)
    emb = np.tanh(x @ params['W_in'])
    out = layer.forward(emb)
    err = out - y
    loss = np.mean(err ** 2)
    demb = layer.backward(2 * err / err.size)
    grads = dict(layer.grads)
    dpre = demb * (1 - emb ** 2)
    grads['W_in'] = np.einsum('bti,btd->id', x, dpre)
    return loss, grads


def draw(rng, scale=1.0):
    return {'W_in': scale * rng.normal(size=(3, 4)), 'W_qkv': scale * rng.normal(size=(4, 12)),
            'W_out': scale * rng.normal(size=(4, 4)), 'b_out': scale * rng.normal(size=4)}


def batch(rng, n):
    return rng.normal(size=(n, 3, 3)), rng.normal(size=(n, 3, 4))


rng = np.random.default_rng(13)
params = draw(rng)
x, y = batch(rng, 2)
