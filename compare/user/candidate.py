"""The candidate: what a check is of, a function with parameters or an operation with inputs."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..witnesses import Arrays


class Candidate(Protocol):
    """The scalar `loss` of the arrays `flat`, whose gradient is in question."""

    @property
    def name(self) -> str: ...
    @property
    def flat(self) -> Arrays: ...
    @property
    def paths(self) -> dict[str, str]: ...
    @property
    def dtype(self) -> np.dtype: ...
    @property
    def function(self) -> Callable[..., Any] | None: ...
    @property
    def has_loss(self) -> bool: ...

    def loss(self, flat: Arrays) -> float: ...
