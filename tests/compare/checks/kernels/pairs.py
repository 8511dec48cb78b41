"""Forward and backward passes of small kernels, and backwards with one mistake, whose line ends in `# wrong`."""

import numpy as np

# ---------------------------------------------------------------- normalised over an axis


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return y, y


def log_softmax_backward(dy, y):
    total = dy.sum(axis=-1, keepdims=True)
    return dy - np.exp(y) * total


def log_softmax_without_sum(dy, y):
    p = np.exp(y)
    return dy - p * dy  # wrong


def softmax_at(x, temperature):
    z = x / temperature
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, (p, temperature)


def softmax_at_backward(dp, cache):
    p, temperature = cache
    inner = (dp * p).sum(axis=1, keepdims=True)
    dz = p * (dp - inner)
    return dz / temperature, None


def softmax_at_times_temperature(dp, cache):
    p, temperature = cache
    inner = (dp * p).sum(axis=1, keepdims=True)
    dz = p * (dp - inner)
    return dz * temperature, None  # wrong


def rms_norm(x, gain):
    r = 1.0 / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    return x * r * gain, (x, r, gain)


def rms_norm_backward(dy, cache):
    x, r, gain = cache
    dgain = (dy * x * r).sum(axis=0)
    dn = dy * gain
    dot = (dn * x).mean(axis=-1, keepdims=True)
    dx = r * dn - x * r**3 * dot
    return dx, dgain


def rms_norm_without_mean_term(dy, cache):
    x, r, gain = cache
    dgain = (dy * x * r).sum(axis=0)
    dn = dy * gain
    dx = r * dn  # wrong
    return dx, dgain


def rms_norm_wrong_power(dy, cache):
    x, r, gain = cache
    dgain = (dy * x * r).sum(axis=0)
    dn = dy * gain
    dot = (dn * x).mean(axis=-1, keepdims=True)
    dx = r * dn - x * r**2 * dot  # wrong
    return dx, dgain


def layer_norm(x, gamma, beta):
    mu = x.mean(axis=-1, keepdims=True)
    centred = x - mu
    inv = 1.0 / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    xhat = centred * inv
    return gamma * xhat + beta, (xhat, inv, gamma)


def layer_norm_backward(dout, cache):
    xhat, inv, gamma = cache
    dgamma = (dout * xhat).sum(axis=(0, 1))
    dbeta = dout.sum(axis=(0, 1))
    dxhat = dout * gamma
    m1 = dxhat.mean(axis=-1, keepdims=True)
    m2 = (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = (dxhat - m1 - xhat * m2) * inv
    return dx, dgamma, dbeta


def layer_norm_over_the_wrong_axis(dout, cache):
    xhat, inv, gamma = cache
    dgamma = (dout * xhat).sum(axis=(0, 1))
    dbeta = dout.sum(axis=(0, 1))
    dxhat = dout * gamma
    m1 = dxhat.mean(axis=1, keepdims=True)  # wrong
    m2 = (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = (dxhat - m1 - xhat * m2) * inv
    return dx, dgamma, dbeta


def layer_norm_over_all_rows(dout, cache):
    xhat, inv, gamma = cache
    dgamma = (dout * xhat).sum(axis=(0, 1))
    dbeta = dout.sum(axis=(0, 1))
    dxhat = dout * gamma
    m1 = dxhat.mean(axis=-1, keepdims=True)
    m2 = (dxhat * xhat).mean()  # wrong
    dx = (dxhat - m1 - xhat * m2) * inv
    return dx, dgamma, dbeta


def group_norm(x, gamma, groups):
    n, c, s = x.shape
    g = x.reshape(n, groups, c // groups, s)
    mu = g.mean(axis=(2, 3), keepdims=True)
    inv = 1.0 / np.sqrt(g.var(axis=(2, 3), keepdims=True) + 1e-5)
    xhat = ((g - mu) * inv).reshape(n, c, s)
    return xhat * gamma[None, :, None], (xhat, inv, gamma, groups)


def group_norm_backward(dout, cache):
    xhat, inv, gamma, groups = cache
    n, c, s = dout.shape
    dgamma = (dout * xhat).sum(axis=(0, 2))
    dxhat = (dout * gamma[None, :, None]).reshape(n, groups, c // groups, s)
    xh = xhat.reshape(n, groups, c // groups, s)
    m1 = dxhat.mean(axis=(2, 3), keepdims=True)
    m2 = (dxhat * xh).mean(axis=(2, 3), keepdims=True)
    dx = (dxhat - m1 - xh * m2) * inv
    return dx.reshape(n, c, s), dgamma, None


def group_norm_wrong_groups(dout, cache):
    xhat, inv, gamma, groups = cache
    n, c, s = dout.shape
    dgamma = (dout * xhat).sum(axis=(0, 2))
    dxhat = (dout * gamma[None, :, None]).reshape(n, groups, c // groups, s)
    xh = xhat.reshape(n, groups, c // groups, s)
    m1 = dxhat.mean(axis=(1, 3), keepdims=True)  # wrong
    m2 = (dxhat * xh).mean(axis=(2, 3), keepdims=True)
    dx = (dxhat - m1 - xh * m2) * inv
    return dx.reshape(n, c, s), dgamma, None


# ---------------------------------------------------------------- scans and gates


def scan(x, a, h0):
    """h[t] = a h[t-1] + x[t], in blocks of four steps."""
    h, out = h0, np.zeros_like(x)
    for start in range(0, len(x), 4):
        for t in range(start, min(start + 4, len(x))):
            h = a * h + x[t]
            out[t] = h
    return out, (out, a, h0)


def scan_backward(dout, cache):
    out, a, h0 = cache
    dx, da = np.zeros_like(out), np.zeros_like(a)
    carry = np.zeros_like(h0)
    steps = len(out)
    for stop in range(steps, 0, -4):
        for t in range(stop - 1, max(stop - 5, -1), -1):
            dh = dout[t] + carry
            before = out[t - 1] if t > 0 else h0
            dx[t] = dh
            da += dh * before
            carry = a * dh
    return dx, da, carry


def scan_loses_its_carry(dout, cache):
    out, a, h0 = cache
    dx, da = np.zeros_like(out), np.zeros_like(a)
    carry = np.zeros_like(h0)
    steps = len(out)
    for stop in range(steps, 0, -4):
        carry = np.zeros_like(h0)  # wrong
        for t in range(stop - 1, max(stop - 5, -1), -1):
            dh = dout[t] + carry
            before = out[t - 1] if t > 0 else h0
            dx[t] = dh
            da += dh * before
            carry = a * dh
    return dx, da, carry


def swiglu(x, W, V):
    gate, up = x @ W, x @ V
    s = 1.0 / (1.0 + np.exp(-gate))
    return gate * s * up, (x, W, V, gate, up, s)


def swiglu_backward(dy, cache):
    x, W, V, gate, up, s = cache
    dup = dy * gate * s
    dgate = dy * up * s * (1.0 + gate * (1.0 - s))
    return dgate @ W.T + dup @ V.T, x.T @ dgate, x.T @ dup


def swiglu_wrong_branch(dy, cache):
    x, W, V, gate, up, s = cache
    dup = dy * up * s  # wrong
    dgate = dy * up * s * (1.0 + gate * (1.0 - s))
    return dgate @ W.T + dup @ V.T, x.T @ dgate, x.T @ dup


def geglu(x, W, V):
    gate, up = x @ W, x @ V
    t = np.tanh(0.7978845608 * (gate + 0.044715 * gate**3))
    act = 0.5 * gate * (1.0 + t)
    return act * up, (x, W, V, gate, up, t, act)


def geglu_backward(dy, cache):
    x, W, V, gate, up, t, act = cache
    dup = dy * act
    inner = 0.7978845608 * (1.0 + 3 * 0.044715 * gate**2)
    slope = 0.5 * (1.0 + t) + 0.5 * gate * (1.0 - t**2) * inner
    dgate = dy * up * slope
    dx = dgate @ W.T + dup @ V.T
    return dx, x.T @ dgate, x.T @ dup


def geglu_weights_swapped(dy, cache):
    x, W, V, gate, up, t, act = cache
    dup = dy * act
    inner = 0.7978845608 * (1.0 + 3 * 0.044715 * gate**2)
    slope = 0.5 * (1.0 + t) + 0.5 * gate * (1.0 - t**2) * inner
    dgate = dy * up * slope
    dx = dup @ W.T + dgate @ V.T  # wrong
    return dx, x.T @ dgate, x.T @ dup


# ---------------------------------------------------------------- products


def linear(x, W, b):
    return x @ W + b


def linear_backward(dout, x, W, b):
    dx = dout @ W.T
    dW = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dW, db


def linear_operands_swapped(dout, x, W, b):
    dx = dout @ W.T
    dW = (dout.T @ x).reshape(W.shape)  # wrong
    db = dout.sum(axis=0)
    return dx, dW, db


def dora(x, V, A, B, m):
    """A weight in magnitude and direction, with a low-rank update (DoRA)."""
    U = V + B @ A
    norm = np.sqrt((U**2).sum(axis=0))
    W = m * U / norm
    return x @ W, (x, U, A, B, m, norm, W)


def dora_backward(dy, cache):
    x, U, A, B, m, norm, W = cache
    dW = x.T @ dy
    dx = dy @ W.T
    dm = (dW * U).sum(axis=0) / norm
    dot = (dW * U).sum(axis=0) / norm**2
    dU = m / norm * (dW - U * dot)
    return dx, dU, B.T @ dU, dU @ A.T, dm


def dora_without_scale(dy, cache):
    x, U, A, B, m, norm, W = cache
    dW = x.T @ dy
    dx = dy @ W.T
    dm = (dW * U).sum(axis=0) / norm
    dot = (dW * U).sum(axis=0) / norm**2
    dU = (dW - U * dot) / norm  # wrong
    return dx, dU, B.T @ dU, dU @ A.T, dm


def attention(q, k, v):
    scale = 1.0 / np.sqrt(q.shape[-1])
    scores = scale * (q @ k.transpose(0, 2, 1))
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p @ v, (q, k, v, p, scale)


def attention_backward(do, cache):
    q, k, v, p, scale = cache
    dv = p.transpose(0, 2, 1) @ do
    dp = do @ v.transpose(0, 2, 1)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    dq = scale * (ds @ k)
    dk = scale * (ds.transpose(0, 2, 1) @ q)
    return dq, dk, dv


def attention_without_scale(do, cache):
    q, k, v, p, scale = cache
    dv = p.transpose(0, 2, 1) @ do
    dp = do @ v.transpose(0, 2, 1)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    dq = scale * (ds @ k)
    dk = ds.transpose(0, 2, 1) @ q  # wrong
    return dq, dk, dv


# ---------------------------------------------------------------- entry by entry


def rotary(x, theta):
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    c, s = np.cos(theta), np.sin(theta)
    return np.concatenate([a * c - b * s, a * s + b * c], axis=-1), (c, s, x)


def rotary_backward(dy, cache):
    c, s, x = cache
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    da, db = dy[..., :half], dy[..., half:]
    dtheta = da * (-a * s - b * c) + db * (a * c - b * s)
    dx = np.concatenate([da * c + db * s, db * c - da * s], axis=-1)
    return dx, dtheta.sum(axis=0)


def rotary_wrong_sign(dy, cache):
    c, s, x = cache
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    da, db = dy[..., :half], dy[..., half:]
    dtheta = da * (-a * s - b * c) + db * (a * c - b * s)
    dx = np.concatenate([da * c - db * s, db * c - da * s], axis=-1)  # wrong
    return dx, dtheta.sum(axis=0)


def difference(a, b):
    d = a - b
    return d**2, d


def difference_backward(dout, d):
    dd = 2 * d * dout
    return dd, -dd


def difference_sign_lost(dout, d):
    dd = 2 * d * dout
    return dd, dd  # wrong


def gaussian(mu, log_sigma, eps):
    sigma = np.exp(0.5 * log_sigma)
    return mu + sigma * eps, (sigma, log_sigma, eps)


def gaussian_backward(dz, cache):
    sigma, log_sigma, eps = cache
    dlog = 0.5 * dz * eps * sigma
    return dz, dlog, dz * sigma


def gaussian_exp_of_the_whole(dz, cache):
    sigma, log_sigma, eps = cache
    dlog = 0.5 * dz * eps * np.exp(log_sigma)  # wrong
    return dz, dlog, dz * sigma


def dropout(x, mask, rate):
    keep = mask / (1.0 - rate)
    return np.maximum(x, 0.0) * keep, (x, keep)


def dropout_backward(dout, cache):
    x, keep = cache
    dh = dout * keep
    return dh * (x > 0), None, None


def dropout_mask_not_applied(dout, cache):
    x, keep = cache
    dh = dout  # wrong
    return dh * (x > 0), None, None


# ---------------------------------------------------------------- gather, scatter, reduce


def embedding(table, ids):
    return table[ids], (table.shape, ids)


def embedding_backward(dout, cache):
    shape, ids = cache
    dtable = np.zeros(shape)
    np.add.at(dtable, ids, dout)
    return dtable, None


def embedding_overwrites(dout, cache):
    shape, ids = cache
    dtable = np.zeros(shape)
    for i, row in zip(ids.ravel(), dout.reshape(-1, shape[1])):
        dtable[i] = row  # wrong
    return dtable, None


def gather(x, index):
    return np.take_along_axis(x, index, axis=1) * 2.0, (x.shape, index)


def gather_backward(dout, cache):
    shape, index = cache
    dx = np.zeros(shape)
    rows = np.arange(shape[0])[:, None]
    np.add.at(dx, (rows, index), 2.0 * dout)
    return dx, None


def gather_counts_once(dout, cache):
    shape, index = cache
    dx = np.zeros(shape)
    rows = np.arange(shape[0])[:, None]
    dx[rows, index] += 2.0 * dout  # wrong
    return dx, None


def cross_entropy(logits, labels):
    """The mean over the labels that are not -1."""
    keep = labels >= 0
    shifted = logits - logits.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    count = keep.sum()
    loss = -(logp[np.arange(len(labels)), np.where(keep, labels, 0)] * keep).sum() / count
    return loss, (logp, labels, keep, count)


def cross_entropy_backward(dloss, cache):
    logp, labels, keep, count = cache
    d = np.exp(logp)
    d[np.arange(len(labels)), np.where(keep, labels, 0)] -= 1.0
    d = d * keep[:, None]
    return dloss * d / count, None


def cross_entropy_counts_ignored(dloss, cache):
    logp, labels, keep, count = cache
    d = np.exp(logp)
    d[np.arange(len(labels)), np.where(keep, labels, 0)] -= 1.0
    d = d * keep[:, None]
    return dloss * d / len(labels), None  # wrong


def cross_entropy_ignored_not_masked(dloss, cache):
    logp, labels, keep, count = cache
    d = np.exp(logp)
    d[np.arange(len(labels)), np.where(keep, labels, 0)] -= 1.0
    return dloss * d / count, None  # wrong


def conv1d(x, w, b):
    n, c, s = x.shape
    f, _, k = w.shape
    out = np.zeros((n, f, s - k + 1))
    for i in range(s - k + 1):
        out[:, :, i] = np.tensordot(x[:, :, i : i + k], w, axes=([1, 2], [1, 2])) + b
    return out, (x, w)


def conv1d_backward(dout, cache):
    x, w = cache
    k = w.shape[2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    db = dout.sum(axis=(0, 2))
    for i in range(dout.shape[2]):
        dw += np.tensordot(dout[:, :, i], x[:, :, i : i + k], axes=(0, 0))
        dx[:, :, i : i + k] += np.tensordot(dout[:, :, i], w, axes=(1, 0))
    return dx, dw, db


def conv1d_bias_over_wrong_axes(dout, cache):
    x, w = cache
    k = w.shape[2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    db = dout.sum(axis=(0, 1))[: w.shape[0]]  # wrong
    for i in range(dout.shape[2]):
        dw += np.tensordot(dout[:, :, i], x[:, :, i : i + k], axes=(0, 0))
        dx[:, :, i : i + k] += np.tensordot(dout[:, :, i], w, axes=(1, 0))
    return dx, dw, db


# ---------------------------------------------------------------- objects


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.dW, self.db = np.zeros_like(W), np.zeros_like(b)

    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.W + self.b)
        return self.h

    def backward(self, dout):
        dz = dout * (1 - self.h**2)
        self.dW = self.x.T @ dz
        self.db = dz.sum(axis=0)
        return dz @ self.W.T


class DenseAveraged(Dense):
    def backward(self, dout):
        dz = dout * (1 - self.h**2)
        self.dW = self.x.T @ dz
        self.db = dz.mean(axis=0)  # wrong
        return dz @ self.W.T


class DenseForgetsSlope(Dense):
    def backward(self, dout):
        dz = dout * (1 - self.h)  # wrong
        self.dW += self.x.T @ dz
        self.db += dz.sum(axis=0)
        return dz @ self.W.T


rng = np.random.default_rng(11)


def normal(*shape):
    return rng.standard_normal(shape)


X, LAYER = normal(5, 4), (normal(4, 3), normal(3))
GATES = (normal(5, 4), normal(4, 3), normal(4, 3))
CROSS = (normal(6, 4), np.array([0, 2, -1, 3, 1, -1]))
NORM = (normal(4, 6), 1 + 0.2 * normal(6))
LAYER_NORM = (normal(3, 4, 6), 1 + 0.2 * normal(6), normal(6))

# name: (forward, right backward, wrong backward, inputs)
PAIRS = {
    "log-softmax without its sum": (
        log_softmax,
        log_softmax_backward,
        log_softmax_without_sum,
        (normal(5, 4),),
    ),
    "softmax with temperature": (
        softmax_at,
        softmax_at_backward,
        softmax_at_times_temperature,
        (normal(5, 4), 1.7),
    ),
    "RMS norm without the mean term": (rms_norm, rms_norm_backward, rms_norm_without_mean_term, NORM),
    "RMS norm, wrong power": (rms_norm, rms_norm_backward, rms_norm_wrong_power, NORM),
    "layer norm over the wrong axis": (
        layer_norm,
        layer_norm_backward,
        layer_norm_over_the_wrong_axis,
        LAYER_NORM,
    ),
    "layer norm over all rows": (layer_norm, layer_norm_backward, layer_norm_over_all_rows, LAYER_NORM),
    "group norm, wrong groups": (
        group_norm,
        group_norm_backward,
        group_norm_wrong_groups,
        (normal(3, 6, 4), 1 + 0.2 * normal(6), 2),
    ),
    "scan loses its carry": (
        scan,
        scan_backward,
        scan_loses_its_carry,
        (normal(10, 3), 0.5 + 0.1 * normal(3), normal(3)),
    ),
    "SwiGLU, wrong branch": (swiglu, swiglu_backward, swiglu_wrong_branch, GATES),
    "GEGLU, weights swapped": (geglu, geglu_backward, geglu_weights_swapped, GATES),
    "matmul, operands swapped": (
        linear,
        linear_backward,
        linear_operands_swapped,
        (normal(5, 4), normal(4, 3), normal(3)),
    ),
    "DoRA without its scale": (
        dora,
        dora_backward,
        dora_without_scale,
        (normal(5, 4), normal(4, 3), normal(2, 3), normal(4, 2), 1 + 0.2 * normal(3)),
    ),
    "attention without its scale": (
        attention,
        attention_backward,
        attention_without_scale,
        (normal(2, 3, 5), normal(2, 4, 5), normal(2, 4, 3)),
    ),
    "rotary, wrong sign": (rotary, rotary_backward, rotary_wrong_sign, (normal(5, 6), normal(3))),
    "subtraction, sign lost": (
        difference,
        difference_backward,
        difference_sign_lost,
        (normal(5, 4), normal(5, 4)),
    ),
    "exp of the wrong thing": (
        gaussian,
        gaussian_backward,
        gaussian_exp_of_the_whole,
        (normal(5, 3), normal(5, 3), normal(5, 3)),
    ),
    "dropout mask not applied": (
        dropout,
        dropout_backward,
        dropout_mask_not_applied,
        (normal(5, 4), rng.random((5, 4)) > 0.4, 0.4),
    ),
    "embedding, = for +=": (
        embedding,
        embedding_backward,
        embedding_overwrites,
        (normal(6, 3), np.array([[0, 2, 2], [5, 0, 1]])),
    ),
    "gather counts an entry once": (
        gather,
        gather_backward,
        gather_counts_once,
        (normal(4, 5), np.array([[0, 0, 3], [1, 2, 1], [4, 4, 4], [0, 1, 2]])),
    ),
    "cross-entropy counts ignored labels": (
        cross_entropy,
        cross_entropy_backward,
        cross_entropy_counts_ignored,
        CROSS,
    ),
    "cross-entropy, ignored labels not masked": (
        cross_entropy,
        cross_entropy_backward,
        cross_entropy_ignored_not_masked,
        CROSS,
    ),
    "conv bias over the wrong axes": (
        conv1d,
        conv1d_backward,
        conv1d_bias_over_wrong_axes,
        (normal(4, 2, 7), normal(3, 2, 3), normal(3)),
    ),
}
OBJECTS = {"bias averaged": DenseAveraged, "slope forgotten": DenseForgetsSlope}
