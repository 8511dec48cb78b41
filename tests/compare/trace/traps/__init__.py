"""Texts of functions in which a value may be lost on its way."""

from . import arrays, code, libraries
from .lost import LOST, STATEFUL

FOLLOWED = arrays.FOLLOWED | code.FOLLOWED | libraries.FOLLOWED

__all__ = ["FOLLOWED", "LOST", "STATEFUL"]
