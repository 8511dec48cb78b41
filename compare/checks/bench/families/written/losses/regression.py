"""Losses of numbers: mse, Huber, Poisson, logistic, cosine distance, and the divergence of a Gaussian."""

from typing import Any

import numpy as np

from ..activations import sigmoid
from ..bodies.body import Arrays, Shapes, Sizes
from ..ways import Ways
from .loss import Loss, Outcome, none, numbers

DELTA = 0.5
TINY = 1e-12


def mse(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The mean of the squared differences."""
    e = z - y
    return (e**2).mean(), 2 * e / e.size, {}


def huber(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """Quadratic within DELTA, linear beyond it."""
    e = z - y
    size = np.abs(e)
    loss = np.where(size <= DELTA, 0.5 * e * e, DELTA * (size - 0.5 * DELTA)).sum() / len(z)
    return loss, np.clip(e, -DELTA, DELTA) / len(z), {}


def poisson(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The negative log-likelihood of counts whose log-rate is z."""
    rate = np.exp(z)
    if w.total == "loops":
        loss = 0.0
        for i in range(len(z)):
            loss = loss + (rate[i] - y[i] * z[i]).sum() / z.size
        return loss, (rate - y) / z.size, {}
    return (rate - y * z).mean(), (rate - y) / z.size, {}


def logistic(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The negative log-likelihood of zeros and ones."""
    s = sigmoid(z)
    costs = np.logaddexp(0, z) - y * z if w.shifted else -(y * np.log(s) + (1 - y) * np.log(1 - s))
    return costs.mean(), (s - y) / z.size, {}


def cosine(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """One less the cosine of the angle to the target, in the mean."""
    zz = np.sqrt((z * z).sum(axis=1, keepdims=True) + TINY)
    yy = np.sqrt((y * y).sum(axis=1, keepdims=True) + TINY)
    c = (z * y).sum(axis=1, keepdims=True) / (zz * yy)
    return (1 - c).mean(), -(y / (zz * yy) - z * c / zz**2) / len(z), {}


def gaussian(w: Ways, p: Arrays, z: Any, y: Any) -> Outcome:
    """The divergence of the Gaussian of two heads from the standard one."""
    mu, logvar = w.times(z, p["Wmu"]), w.times(z, p["Wlv"])
    variance = np.exp(logvar)
    loss = -0.5 * (1 + logvar - mu**2 - variance).sum() / len(z)
    dmu, dlogvar = mu / len(z), 0.5 * (variance - 1) / len(z)
    dz = w.times(dmu, p["Wmu"].T)
    dz += w.times(dlogvar, p["Wlv"].T)
    return loss, dz, {"Wmu": w.outers(z, dmu), "Wlv": w.outers(z, dlogvar)}


def _heads(s: Sizes) -> Shapes:
    return {"Wmu": (s.outputs, 2), "Wlv": (s.outputs, 2)}


def _counts(s: Sizes, rng: np.random.Generator) -> Any:
    return rng.poisson(2, (s.samples, s.outputs)).astype(float)


def _bits(s: Sizes, rng: np.random.Generator) -> Any:
    return rng.integers(0, 2, (s.samples, s.outputs)).astype(float)


REGRESSION = {
    "mse": Loss(mse, numbers),
    "huber": Loss(huber, numbers),
    "poisson": Loss(poisson, _counts),
    "logistic": Loss(logistic, _bits),
    "cosine": Loss(cosine, numbers),
    "gaussian kl": Loss(gaussian, none, _heads),
}
