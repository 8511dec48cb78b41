"""Whether a value is a derivative of the loss where the present one is not."""

from typing import Any

import numpy as np

from ...derivatives.run import CLOSE
from ...lines.vouching import Vouched


class Right:
    """Whether a value is right where the present one is not."""

    def __init__(self, vouched: Vouched, now: Any) -> None:
        self.vouched, self.now = vouched, now

    def __call__(self, value: Any) -> bool:
        if not isinstance(value, (np.ndarray, np.floating, float)):
            return False
        array = np.asarray(value)
        if array.dtype.kind != "f" or not array.size:
            return False
        return self.vouched.known_as(array.astype(np.float64, copy=False)) and not equal(
            value, self.now, self.vouched.run.close
        )


def equal(a: Any, b: Any, close: float = CLOSE) -> bool:
    """Whether two values are equal but for rounding."""
    alike = isinstance(b, (int, float, np.ndarray, np.generic)) and np.shape(a) == np.shape(b)
    return alike and bool(np.allclose(a, b, rtol=close, atol=0))
