"""Training curves: the three trained side by side, and where they part."""

from .training import CurvesResult, train

__all__ = ["CurvesResult", "train"]
