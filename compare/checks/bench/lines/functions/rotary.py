"""Rotary positions: queries and keys turned by an angle per position, learned ALiBi slope, strided halves, a local window, _adj names."""
import numpy as np

WINDOW = 3


def turn(v, cos, sin):
    """Rotate the pairs (v_0, v_1), (v_2, v_3), ... of every row."""
    out = np.empty_like(v)
    out[..., 0::2] = v[..., 0::2] * cos - v[..., 1::2] * sin
    out[..., 1::2] = v[..., 0::2] * sin + v[..., 1::2] * cos
    return out


def backward(params, x, y):
    Wqk, Wv, freq, slope = (params[key] for key in ('Wqk', 'Wv', 'freq', 'slope'))
    T, d = x.shape[-2], Wv.shape[1]
    pos = np.arange(T)
    angle = pos[:, None] * freq
    cos, sin = np.cos(angle), np.sin(angle)
    Q, K = np.split(x @ Wqk, 2, axis=-1)
    V = x @ Wv
    Qr, Kr = turn(Q, cos, sin), turn(K, cos, sin)
    gap = pos[:, None] - pos
    allowed = (gap >= 0) & (gap < WINDOW)
    scores = Qr @ Kr.swapaxes(-1, -2) / d ** 0.5 - slope ** 2 * gap
    scores = np.where(allowed, scores, -np.inf)
    peak = scores.max(axis=-1, keepdims=True)
    P = np.exp(scores - peak)
    P /= P.sum(axis=-1, keepdims=True)
    ctx = P @ V
    diff = ctx - y
    # Huber with delta = 1
    near = np.abs(diff) <= 1
    loss = np.where(near, diff ** 2 / 2, np.abs(diff) - 0.5).mean()

    ctx_adj = np.where(near, diff, np.sign(diff)) / diff.size
    V_adj = P.swapaxes(-1, -2) @ ctx_adj
    P_adj = ctx_adj @ V.swapaxes(-1, -2)
    scores_adj = P * (P_adj - np.sum(P * P_adj, axis=-1, keepdims=True))
    slope_adj = -2 * slope * np.sum(scores_adj * gap)
    Qr_adj = scores_adj @ Kr / d ** 0.5
    Kr_adj = scores_adj.swapaxes(-1, -2) @ Qr / d ** 0.5
    angle_adj = np.zeros_like(angle)
    for r, r_adj in ((Qr, Qr_adj), (Kr, Kr_adj)):
        # d turned / d angle is the same pair, turned by a right angle more
        by_pair = r_adj[..., 1::2] * r[..., 0::2] - r_adj[..., 0::2] * r[..., 1::2]
        angle_adj += by_pair.sum(axis=0)
    freq_adj = pos @ angle_adj
    Q_adj, K_adj = turn(Qr_adj, cos, -sin), turn(Kr_adj, cos, -sin)
    QK_adj = np.concatenate([Q_adj, K_adj], axis=-1)
    Wqk_adj = np.tensordot(x, QK_adj, axes=([0, 1], [0, 1]))
    Wv_adj = np.tensordot(x, V_adj, axes=([0, 1], [0, 1]))
    return loss, {'Wqk': Wqk_adj, 'Wv': Wv_adj, 'freq': freq_adj, 'slope': slope_adj}


def draw(rng, scale=1.0):
    return {'Wqk': scale * rng.normal(size=(3, 8)), 'Wv': scale * rng.normal(size=(3, 4)),
            'freq': np.array([1.0, 0.1]) + 0.1 * np.tanh(scale * rng.normal(size=2)), 'slope': np.tanh(scale * rng.normal())}


def batch(rng, n):
    return rng.normal(size=(n, 5, 3)), rng.normal(size=(n, 5, 4))


rng = np.random.default_rng(611)
params = draw(rng)
x, y = batch(rng, 2)
