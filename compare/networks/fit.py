"""Fit a user's loss as scale x the loss of a network + lambda x 1/2 ||W||^2, at several parameter points."""

from fractions import Fraction
from operator import mul
from typing import NamedTuple

import numpy as np

FITS = 1e-9  # the residual at every point, relative to the largest loss
ENOUGH = 3  # points that rule out nearly every other network: one more than there are constants


class Fit(NamedTuple):
    """losses = scale x values + l2 x penalty, up to `residual`, relative to the largest loss."""

    scale: float
    l2: float
    l2_biases: bool
    residual: float


class Plane:
    """The condition that scale x values + lambda x penalty is the user's loss at three points: they lie in one plane.

    penalties: (points, 2), without and with the biases.
    """

    def __init__(self, losses: np.ndarray, penalties: np.ndarray):
        self.normals = [np.cross(p, losses[:ENOUGH]).tolist() for p in penalties[:ENOUGH].T]
        # Losses that differ by the tolerance leave the plane of values and penalty by no more than this x |values|.
        self.room = 2 * FITS * float(np.abs(losses).max() * penalties[:ENOUGH].max())

    def holds(self, values: list[float]) -> bool:
        """Return whether some scale and lambda may fit the values at the first three points."""
        room = self.room * sum(map(abs, values))
        return any(abs(sum(map(mul, values, normal))) <= room for normal in self.normals)


def fit(losses: np.ndarray, values: np.ndarray, penalties: np.ndarray) -> Fit | None:
    """Return the Fit, without a penalty where none is needed, or None where the losses differ."""
    largest = np.abs(losses).max()
    tolerance = FITS * largest
    scale = losses @ values / (values @ values) if values @ values > 0 else 0
    if scale > 0 and np.abs(losses - scale * values).max() <= tolerance:
        scale = _simple(scale, FITS)
        return Fit(scale, 0.0, False, float(np.abs(losses - scale * values).max() / largest))
    for biases in (False, True):
        penalty = penalties[:, int(biases)]
        table = np.stack([values, penalty], axis=1)
        (scale, l2), *_ = np.linalg.lstsq(table, losses, rcond=None)
        if scale > 0 and l2 > 0 and np.abs(table @ (scale, l2) - losses).max() <= tolerance:
            # Fitted to rounded losses, both are off in their last digits, which a gradient would show.
            scale = _simple(scale, FITS)
            l2 = penalty @ (losses - scale * values) / (penalty @ penalty)
            l2 = _rounded(l2, 1e3 * np.finfo(float).eps * largest / np.abs(penalty).max())
            if not np.isfinite(l2 / scale):  # values next to nothing, all of the loss a penalty
                continue
            return Fit(scale, l2, biases, float(np.abs(table @ (scale, l2) - losses).max() / largest))
    return None


def _simple(scale: float, room: float) -> float:
    """Return the simple fraction within a share `room` of `scale`, where there is one."""
    fraction = Fraction(float(scale)).limit_denominator(10_000)
    return float(fraction) if fraction and abs(float(fraction) - scale) <= room * scale else float(scale)


def _rounded(value: float, room: float) -> float:
    """Return the short decimal within `room` of `value` (0.01 for 0.009999999999998), where there is one."""
    for digits in range(1, 7):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= room:
            return short
    return float(value)
