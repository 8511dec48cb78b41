"""With a change, do the user's variables hold what they are named after? Of two changes the one after which they do."""

import ast
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import numpy as np

from ...common.arrays import Array
from ..lines.names import derivatives_by_name, meant_by, target_name
from ..lines.vouching import Vouched
from .frames import CodeKey, code_key, codes_of, profiled


class Names:
    """The derivatives that the variables of some functions are named after.

    vouched: of a run at the point where the functions will be called.
    """

    def __init__(self, vouched: Vouched, functions: Iterable[Any]) -> None:
        self._named = derivatives_by_name(vouched.run, vouched)
        self._codes = codes_of(list(functions))
        self._close, self._scales = vouched.run.close, (1.0, *vouched.common)

    def meant(self, node: ast.stmt) -> list[Array]:
        """Return the derivatives by what a statement names what it stores after."""
        name = target_name(node)
        return [] if name is None else meant_by(name, self._named)

    def off(self, call: Callable[[], Any]) -> int:
        """Return how many variables, at every return of their function in a call, are no derivative by their name."""
        found: dict[tuple[CodeKey, str], bool] = {}

        def profile(frame: FrameType, event: str, _: Any) -> None:
            key = code_key(frame.f_code)
            if event == "return" and key in self._codes:
                for name, value in frame.f_locals.items():
                    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                        meant = meant_by(name, self._named)
                        if meant:
                            right = self._is_one(value, meant)
                            found[key, name] = found.get((key, name), False) or right

        with profiled(profile):
            call()
        return sum(not right for right in found.values())

    def _is_one(self, value: Array, meant: list[Array]) -> bool:
        room = self._close * float(np.linalg.norm(value))
        return any(
            g.shape == value.shape and np.linalg.norm(value - scale * g) <= room
            for g in meant
            for scale in self._scales
        )
