"""Name the mistake of an operation's backward: the candidates that reproduce the wrong gradient, the nearest first."""

import numpy as np

from ...witnesses.rounding.units import THRESHOLD
from .case import Case
from .patterns import PATTERNS, Candidate

SHARE = 0.05  # of the error: what a name may leave of it
ULPS = 8
ALIKE = 3.0  # times the nearest's distance: candidates that the numbers do not tell apart


def named(case: Case) -> list[Candidate]:
    """Return the candidates that give these numbers, one for each id; [] where none does, or the error is rounding."""
    deviation = float(np.linalg.norm(case.error))
    noise = float(np.linalg.norm(case.unit[np.isfinite(case.unit)]))
    if not np.isfinite(deviation) or not deviation > 0 or not np.isfinite(case.unit).all():
        return []
    found: list[tuple[float, int, Candidate]] = []
    for pattern in PATTERNS:
        for candidate in pattern(case):
            left = np.abs(candidate.model - case.mine)
            distance = float(np.linalg.norm(left))
            # Rounding of the wrong gradient itself, which may be larger than the right one.
            size = max(1.0, float(np.linalg.norm(case.mine)) / max(float(np.linalg.norm(case.right)), 1e-300))
            fits = bool((left <= 3 * THRESHOLD * size * case.unit).all())
            if fits and distance <= SHARE * deviation:
                found.append((distance, len(found), candidate))
    if not found:
        return []
    found.sort(key=lambda item: item[:2])
    # Two formulas of one number may differ by a few ulps: 1 / 6 and 1 / sqrt(36).
    ulps = ULPS * float(np.finfo(np.float64).eps) * float(np.linalg.norm(case.mine))
    room = ALIKE * found[0][0] + max(0.02 * min(noise, deviation), min(ulps, deviation))
    near = [c for distance, _, c in found if distance <= room]
    fewest = min(c.fitted for c in near)  # what needs fewer fitted numbers explains more
    kept: dict[str, Candidate] = {}
    for candidate in near:
        if candidate.fitted == fewest:
            kept.setdefault(candidate.id, candidate)
    return [*kept.values()]
