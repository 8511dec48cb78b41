"""A dataclass is filled from what a user wrote; what does not fit is one line that says what would."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from compare.common.errors import UserError
from compare.common.mapping import Amount, Count, Number, Positive, Seed, filled


@dataclass(frozen=True)
class Training:
    steps: Count | None = None
    batch: Count | Literal["all"] = 32
    seed: Seed = 0
    rate: Positive = 0.1
    l2: Amount = 0.0
    shift: Number = 0.0
    dtype: Literal["float64", "float32"] = "float64"
    name: str = ""
    nesterov: bool = False
    sizes: list[int] | None = None
    rest: Any = None


def test_what_fits_is_taken_and_the_rest_keeps_its_default():
    found = filled(Training, {"steps": 3, "batch": "all", "shift": -1, "rest": object}, "[training]")
    assert (found.steps, found.batch, found.shift, found.seed) == (3, "all", -1, 0)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"steps": 0}, "[training] steps 0: a whole number, 1 or more, is needed"),
        ({"steps": True}, "[training] steps True: a whole number, 1 or more, is needed"),
        ({"batch": "some"}, "[training] batch 'some': a whole number, 1 or more, or all is needed"),
        ({"seed": -1}, "[training] seed -1: a whole number from 0 to 2**32 - 1 is needed"),
        ({"rate": float("nan")}, "[training] rate nan: a finite number above 0 is needed"),
        ({"rate": float("inf")}, "[training] rate inf: a finite number above 0 is needed"),
        ({"l2": -1e-3}, "[training] l2 -0.001: a finite number, 0 or more, is needed"),
        ({"shift": "1"}, "[training] shift '1': a number is needed"),
        ({"dtype": "float16"}, "[training] dtype 'float16': float64 or float32 is needed"),
        ({"name": 3}, "[training] name 3: a text is needed"),
        ({"nesterov": 1}, "[training] nesterov 1: true or false is needed"),
        ({"sizes": 3}, "[training] sizes 3: a list is needed"),
        ({"bach": 3}, "[training] has no 'bach': did you mean 'batch'?"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(said, message):
    with pytest.raises(UserError) as refused:
        filled(Training, said, "[training]")
    assert str(refused.value) == message
