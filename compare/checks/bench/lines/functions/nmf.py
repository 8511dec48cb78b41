"""Non-negative factorization: generalised Kullback-Leibler divergence of counts, factors through softplus, functions of one array each."""
import numpy as np

SMOOTH = 0.05


def softplus(a):
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


def d_softplus(a):
    return 1 - 1 / (1 + np.exp(a))


def divergence(V, R):
    safe = np.where(V > 0, V, 1)
    return np.sum(np.where(V > 0, V * np.log(safe / R), 0) - V + R)


def backward(params, x, y=None):
    rawW, rawH, raw_gain = params['W'], params['H'], params['gain']
    V = x                                    # (documents, words), counts
    W, H, gain = softplus(rawW), softplus(rawH), softplus(raw_gain)
    # each document mixes its topics by its length
    length = V.sum(axis=1, keepdims=True) + 1
    mixing = (length / length.mean()) @ gain[None, :]
    topics = mixing @ W
    R = topics @ H + SMOOTH
    smooth_part = 0.5 * np.square(np.diff(H, axis=1)).sum()
    loss = divergence(V, R) / V.size + 0.1 * smooth_part

    delta = (1 - V / R) / V.size
    gradH = topics.T @ delta
    jump = 0.1 * np.diff(H, axis=1)
    gradH[:, 1:] += jump
    gradH[:, :-1] -= jump
    grad_topics = delta @ H.T
    gradW = mixing.T @ grad_topics
    grad_mixing = grad_topics @ W.T
    grad_gain = ((length / length.mean()) * grad_mixing).sum(axis=0)

    out = {}
    for name, raw, g in (('W', rawW, gradW), ('H', rawH, gradH), ('gain', raw_gain, grad_gain)):
        out[name] = g * d_softplus(raw)
    return loss, out


def torch_loss(params, x, y):
    """The same loss on tensors: np.diff and np.square are spelled differently there."""
    W, H, gain = (params[k].exp().log1p() for k in ('W', 'H', 'gain'))
    length = x.double().sum(1, keepdim=True) + 1
    R = (length / length.mean() @ gain[None, :]) @ W @ H + SMOOTH
    kl = (x.double().xlogy(x) - x.double().xlogy(R) if hasattr(x, 'xlogy') else 0) - x + R
    return kl.sum() / x.numel() + 0.05 * ((H[:, 1:] - H[:, :-1]) ** 2).sum()


def draw(rng, scale=1.0):
    return {'W': scale * rng.normal(size=(3, 3)), 'H': scale * rng.normal(size=(3, 5)), 'gain': scale * rng.normal(size=3)}


def batch(rng, n):
    return rng.poisson(2.0, size=(n, 5)).astype(float), None


rng = np.random.default_rng(604)
params = draw(rng)
x, y = batch(rng, 4)
