"""Deep and cross network: hashed categories in one table, cross layers x0 (x . w) + b + x, long one-line expressions."""
import numpy as np

BUCKETS = 5


def bucket(field, code):
    return (31 * field + 7 * code + 3) % BUCKETS


def backward(params, x, y):
    table, cross, deep, last = params['table'], params['cross'], params['deep'], params['last']
    ids = np.array([[bucket(f, c) for f, c in enumerate(row)] for row in x])
    n, fields = ids.shape
    x0 = table[ids].reshape(n, -1)
    xs, dots = [x0], []
    for w, b in cross:
        dots.append(xs[-1] @ w)
        xs.append(x0 * dots[-1][:, None] + b + xs[-1])
    act = np.maximum(x0 @ deep, 0) ** 2
    top = np.concatenate((xs[-1], act), axis=1)
    z = top @ last
    loss = np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))) + 0.01 * sum((w ** 2).sum() for w, _ in cross)

    gz = (1 / (1 + np.exp(-z)) - y) / n
    g_last = top.T @ gz
    g_top = np.multiply.outer(gz, last)
    gx, g_act = np.split(g_top, [x0.shape[1]], axis=1)
    g_deep = x0.T @ (2 * np.maximum(x0 @ deep, 0) * g_act)
    gx0 = (2 * np.maximum(x0 @ deep, 0) * g_act) @ deep.T
    g_cross = []
    for (w, b), xl, s in list(zip(cross, xs, dots))[::-1]:
        gs = (gx * x0).sum(axis=1)
        g_cross = [[xl.T @ gs + 0.02 * w, gx.sum(axis=0)]] + g_cross
        gx0, gx = gx0 + gx * s[:, None], gx + gs[:, None] * w
    gx0 = gx0 + gx
    g_table = np.zeros_like(table)
    np.add.at(g_table, ids.ravel(), gx0.reshape(n * fields, -1))
    return loss, {'table': g_table, 'cross': g_cross, 'deep': g_deep, 'last': g_last}


def torch_loss(params, x, y):
    """The same loss on tensors: ufuncs have no outer there."""
    x0 = params['table'][(31 * x.new_tensor(range(x.shape[1])) + 7 * x + 3).long() % BUCKETS].reshape(len(x), -1)
    xl = x0
    for w, b in params['cross']:
        xl = x0 * (xl @ w)[:, None] + b + xl
    z = (xl @ params['last'][:x0.shape[1]]) + ((x0 @ params['deep']).relu() ** 2) @ params['last'][x0.shape[1]:]
    return (z.relu() - z * y + (-z.abs()).exp().log1p()).mean() + 0.01 * sum((w ** 2).sum() for w, _ in params['cross'])


def draw(rng, scale=1.0):
    u = lambda *shape: scale * rng.uniform(-1, 1, size=shape)
    return {'table': u(BUCKETS, 2), 'cross': [[u(6), u(6)], [u(6), u(6)]], 'deep': u(6, 3), 'last': u(9)}


def batch(rng, n):
    return rng.integers(0, 20, (n, 3)), rng.integers(0, 2, n)


rng = np.random.default_rng(513)
params = draw(rng)
x, y = batch(rng, 6)
