"""Independent components: maximum likelihood of an unmixing matrix, log |det| by slogdet, a heavy-tailed prior, natural scale per source."""
import numpy as np


def log_prior(s):
    # log of 1 / (pi cosh s)
    a = np.abs(s)
    return -(a + np.log1p(np.exp(-2 * a)) - np.log(2)) - np.log(np.pi)


def score(s):
    return -np.tanh(s)


def backward(params, x, y=None):
    unmix, shift, log_scale = params
    n, d = x.shape
    # kept invertible by a fixed part
    full = unmix + 2 * np.eye(d)
    centred = x - shift
    raw = centred @ full.T
    scale = np.exp(log_scale)
    s = raw * scale
    sign, logdet = np.linalg.slogdet(full)
    loglik = log_prior(s).sum() / n + logdet + log_scale.sum()

    s_bar = score(s) / n
    raw_bar = s_bar * scale
    full_bar = raw_bar.T @ centred + np.linalg.inv(full).T
    shift_bar = -(raw_bar @ full).sum(axis=0)
    scale_bar = (s_bar * raw).sum(axis=0)
    log_scale_bar = scale_bar * scale + 1
    # of the negative log-likelihood
    return -loglik, [-full_bar, -shift_bar, -log_scale_bar]


def torch_loss(params, x, y):
    """The same loss on tensors: slogdet returns two of them."""
    unmix, shift, log_scale = params
    full = unmix + 2 * x.new_tensor(np.eye(x.shape[1]))
    s = (x - shift) @ full.T * log_scale.exp()
    prior = -(s.abs() + (-2 * s.abs()).exp().log1p() - np.log(2)) - np.log(np.pi)
    return -(prior.sum() / len(x) + full.det().abs().log() + log_scale.sum())


def draw(rng, scale=1.0):
    return [scale * rng.normal(size=(3, 3)), scale * rng.normal(size=3), np.tanh(scale * rng.normal(size=3))]


def batch(rng, n):
    return rng.laplace(size=(n, 3)), None


rng = np.random.default_rng(605)
params = draw(rng)
x, y = batch(rng, 6)
