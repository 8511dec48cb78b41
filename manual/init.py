"""Schemes that draw initial weights W, (fan_out, fan_in), from a NumPy generator."""

from collections.abc import Callable

import numpy as np

from .arrays import Array

Scheme = Callable[[np.random.Generator, int, int], Array]


def xavier(rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
    """Draw W normally, with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010; sources.md B1)."""
    return rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / (fan_in + fan_out))


def he(rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
    """Draw W normally, with variance 2 / fan_in (He et al. 2015), for relu."""
    return rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / fan_in)


def lecun(rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
    """Draw W normally, with variance 1 / fan_in (LeCun et al. 1998): Nielsen's `default_weight_initializer`."""
    return rng.standard_normal((fan_out, fan_in)) / np.sqrt(fan_in)


def normal(rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
    """Draw W from the standard normal distribution, whatever the width: Nielsen's `large_weight_initializer`."""
    return rng.standard_normal((fan_out, fan_in))


def uniform(rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
    """Draw W uniformly from +- 1 / sqrt(fan_in), torch.nn.Linear's default."""
    return rng.uniform(-1, 1, (fan_out, fan_in)) / np.sqrt(fan_in)


SCHEMES: dict[str, Scheme] = {
    "xavier": xavier,
    "he": he,
    "lecun": lecun,
    "normal": normal,
    "uniform": uniform,
}
