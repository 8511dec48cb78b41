"""ADBench's reference derivatives at its test inputs: a Gaussian mixture, bundle adjustment, an LSTM."""

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from .networks import Numbers
from .ways import Function, Way

FILE = Path(__file__).with_name("adbench.toml")
BITS = 14  # of a character's code: the inputs of the LSTM, its state and what it predicts


def lstm(way: Way) -> Numbers:
    """ADBench's LSTM: two layers whose gates have a weight for each entry, over the characters of a text."""
    xp, held = way.xp, tomllib.loads(FILE.read_text(encoding="utf-8"))
    main, extra, state = (np.array(held[n]) for n in ("main", "extra", "state"))
    bits = np.array([[int(b) for b in f"{ord(c):0{BITS}b}"] for c in held["text"]], float)

    def layer(x: Any, h: Any, c: Any, weight: Any, bias: Any) -> tuple[Any, Any]:
        z = xp.concatenate([x, h, x, h]) * weight + bias
        f, i, o = (1 / (1 + xp.exp(-z[k * BITS : (k + 1) * BITS])) for k in range(3))
        c = c * f + i * xp.tanh(z[3 * BITS :])
        return o * xp.tanh(c), c

    def objective(main: Any, extra: Any, h1: Any, c1: Any, h2: Any, c2: Any) -> Any:
        def step(carry: tuple, pair: Any) -> tuple[tuple, Any]:
            h1, c1, h2, c2 = carry
            now, after = pair
            h1, c1 = layer(now * extra[0], h1, c1, main[0], main[1])
            h2, c2 = layer(h1, h2, c2, main[2], main[3])
            y = h2 * extra[1] + extra[2]
            return (h1, c1, h2, c2), xp.sum(after * (y - xp.log(xp.sum(xp.exp(y)) + 2)))

        pairs = way.held(bits[:-1]), way.held(bits[1:])
        return -_summed(way, step, (h1, c1, h2, c2), pairs) / (BITS * (len(bits) - 1))

    arguments = main, extra, *state
    by_main, by_extra, *_ = way.grads(objective, *arguments)
    names = ("by weights 1", "by biases 1", "by weights 2", "by biases 2")
    found = dict(zip(names, by_main, strict=True))
    return {"objective": way.value(objective, *arguments), **found, "by extra": by_extra}


def _summed(way: Way, step: Function, carry: tuple, rows: tuple) -> Any:
    """Return the sum of what `step` gives for each row; jax compiles one step, the others run each."""
    if way.name == "jax":
        return way.xp.sum(import_module("jax").lax.scan(step, carry, rows)[1])
    total = 0.0
    for pair in zip(*rows, strict=True):
        carry, value = step(carry, pair)
        total = total + value
    return total


def gmm(way: Way) -> Numbers:
    """ADBench's Gaussian mixture at its test input: objective and gradient by alphas, means and inverse factors."""
    from scipy.special import multigammaln

    xp = way.xp
    alphas = np.array([-0.649014, 1.181166, -0.758453])
    means = np.array([[0.092339, 0.186260], [0.345561, 0.396767], [0.538817, 0.419195]])
    icf = np.array(
        [[0.586443, -0.851887, 0.800321], [-1.509405, 0.875874, -0.242790], [0.166813, -1.965419, -1.270071]]
    )
    x, d, gamma, m = np.array([1.175171, 2.029160]), 2, 1.0, 0
    degrees = d + m + 1
    prior = degrees * d * np.log(gamma / np.sqrt(2)) - multigammaln(0.5 * degrees, d)

    def objective(alphas: Any, means: Any, icf: Any) -> Any:
        u, v = x[0] - means[:, 0], x[1] - means[:, 1]
        first, second = xp.exp(icf[:, 0]) * u, icf[:, 2] * u + xp.exp(icf[:, 1]) * v
        inner = alphas + icf[:, 0] + icf[:, 1] - 0.5 * (first**2 + second**2)
        mixed = xp.log(xp.sum(xp.exp(inner))) - xp.log(xp.sum(xp.exp(alphas)))
        penalty = xp.sum(0.5 * gamma**2 * (xp.exp(2 * icf[:, 0]) + xp.exp(2 * icf[:, 1]) + icf[:, 2] ** 2))
        return -d * 0.5 * np.log(2 * np.pi) + mixed + penalty - m * xp.sum(icf[:, :2]) - 3 * prior

    grads = way.grads(objective, alphas, means, icf)
    named = zip(("alphas", "means", "icf"), grads, strict=True)
    return {"objective": way.value(objective, alphas, means, icf), **dict(named)}


def bundle(way: Way) -> Numbers:
    """ADBench's bundle adjustment at its test input: one reprojection error and its derivatives by the camera."""
    xp = way.xp
    camera = np.array(
        [1.797201, 0.590697, -0.635786, 90.859550, 29.361415, 28.777534, 211.628116, -0.284531, -14.762924]
    )
    camera = np.append(camera, [0.058931, 0.069976])
    point, weight, feature = (
        np.array([4.173048, 5.586898, 1.403869]),
        0.417022,
        np.array([-525.672849, 161.811929]),
    )

    def error(camera: Any, point: Any, weight: Any) -> Any:
        theta = xp.sqrt(xp.sum(camera[:3] ** 2))
        a, p = camera[:3] / theta, point - camera[3:6]
        cross = [a[1] * p[2] - a[2] * p[1], a[2] * p[0] - a[0] * p[2], a[0] * p[1] - a[1] * p[0]]
        along = xp.sum(a * p) * (1 - xp.cos(theta))
        turned = [p[i] * xp.cos(theta) + cross[i] * xp.sin(theta) + a[i] * along for i in range(3)]
        s, t = turned[0] / turned[2], turned[1] / turned[2]
        r = s * s + t * t
        stretch = 1 + camera[9] * r + camera[10] * r * r
        return weight * xp.stack(
            [
                s * stretch * camera[6] + camera[7] - feature[0],
                t * stretch * camera[6] + camera[8] - feature[1],
            ]
        )

    by_camera, by_point, _ = way.grads(lambda *a: error(*a)[0], camera, point, weight)
    return {
        "reproj_err": way.value(error, camera, point, weight),
        "w_err": way.value(lambda w: 1 - w * w, weight),
        "by camera": by_camera,
        "by point": by_point[:2],
    }
