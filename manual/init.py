"""How initial weights are drawn: each scheme takes a NumPy generator and a shape (fan_out, fan_in)."""

import numpy as np


def xavier(rng, fan_out, fan_in):
    """Normal with variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010; sources.md B1)."""
    return rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / (fan_in + fan_out))


def he(rng, fan_out, fan_in):
    """Normal with variance 2 / fan_in (He et al. 2015), for relu."""
    return rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / fan_in)


def lecun(rng, fan_out, fan_in):
    """Normal with variance 1 / fan_in (LeCun et al. 1998): Nielsen's `default_weight_initializer`."""
    return rng.standard_normal((fan_out, fan_in)) / np.sqrt(fan_in)


def normal(rng, fan_out, fan_in):
    """Standard normal whatever the width: Nielsen's `large_weight_initializer`."""
    return rng.standard_normal((fan_out, fan_in))


def uniform(rng, fan_out, fan_in):
    """Uniform in +- 1 / sqrt(fan_in), torch.nn.Linear's default."""
    return rng.uniform(-1, 1, (fan_out, fan_in)) / np.sqrt(fan_in)


SCHEMES = {"xavier": xavier, "he": he, "lecun": lecun, "normal": normal, "uniform": uniform}
