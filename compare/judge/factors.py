"""A ratio in words: what it may be made of, and the mistakes that leave it in every array."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from ..common.words import factor

ALIKE = 1e-5  # relative: a ratio that is this near to a known one is it


@dataclass(frozen=True)
class Sizes:
    """The sizes that a factor may be made of: the N samples of the batch, the K outputs of each."""

    batch: int | None = None
    outputs: int | None = None


@dataclass(frozen=True)
class Factor:
    """A ratio in words ('1/8 of', '12 = N K / 2 times'), what it says of N and K, and the ids that have it.

    cause: the two mistakes that it is the product of, to be put behind it.
    """

    words: str
    sizes: str
    ids: tuple[str, ...]
    cause: str = ""


def ratio_in_words(r: float, sizes: Sizes, named: bool = True) -> Factor:
    """Return the Factor of a ratio; named: whether ids may be given that many other mistakes share."""
    found = sorted((f for f in _known(sizes) if abs(r - f[1]) <= ALIKE * abs(f[1])), key=lambda f: f[0])
    found = [f for f in found if f[0] == found[0][0]]
    number = factor(found[0][1] if found else r)
    said = [text for *_, text, _ in found if "N" in text or "K" in text]
    words = f"{number} of" if "/" in number and r > 0 else f"{number} times"
    ids = tuple(dict.fromkeys(i for *_, some in found for i in some))
    if not found and named and 0 < r < 1 - ALIKE:  # 1 but for a digit that was lost is no rate
        whole = (sizes.batch or 0) / r
        rate = abs(float(f"{r:.2g}") - r) <= ALIKE * r
        dataset = 1 < whole < 1e9 and abs(whole - round(whole)) <= 1e-7 * whole  # any ratio is near one
        ids = ("rate-in-gradient",) * rate + ("divided-by-dataset",) * dataset
    if not said:
        return Factor(words, "", ids, _reversed_and_two(found[0][1]) if found else "")
    if said in (["N"], ["1/N"]):
        return Factor(words, f", and N={sizes.batch}", ids)
    head, tail = words.rsplit(" ", 1)
    letters = {"N": sizes.batch, "K": sizes.outputs}
    used = ", ".join(f"{n}={size}" for n, size in letters.items() if any(n in text for text in said))
    return Factor(f"{head} = {' = '.join(said)} {tail}", f" ({used})", ids)


def _reversed_and_two(value: float) -> str:
    """Say of which two mistakes -2 and -1/2 are the product; nothing of another number."""
    two = {-2.0: "a factor of 2 is too much", -0.5: "a factor of 2 is missing"}.get(value)
    return f": the sign is reversed, and {two}" if two else ""


def _known(sizes: Sizes) -> Iterator[tuple[int, float, str, tuple[str, ...]]]:
    """Yield (number of parts, value, text, ids) of the factors that gradients are off by."""
    n, k = sizes.batch or 1, sizes.outputs or 1
    of_n, of_k = (0, 1, -1, 2, -2) if n > 1 else (0,), (0, 1, -1) if k > 1 else (0,)
    for c, a, b in product((1, 2, 0.5, -1, -2, -0.5), of_n, of_k):
        parts = (abs(c) != 1) + (c < 0) + abs(a) + abs(b)
        value = c * float(n) ** a * float(k) ** b
        if not 0 < parts <= 3 or abs(value - 1) <= ALIKE:
            continue
        over = [*["2"] * (abs(c) == 2), *["N"] * a, *["K"] * b]
        under = [*["2"] * (abs(c) == 0.5), *["N"] * -a, *["K"] * -b]
        text = ("-" if c < 0 else "") + (" ".join(over) or "1")
        if under:
            below = " ".join(under) if len(under) == 1 else f"({' '.join(under)})"
            text += f"/{below}" if not over else f" / {below}"
        yield parts, value, text, _ids(c, a, b)


def _ids(c: float, a: int, b: int) -> tuple[str, ...]:
    """Return the ids of mistakes that multiply every array by c N^a K^b."""
    return {
        (-1, 0, 0): ("sign-flipped",),
        (2, 0, 0): ("factor-two",),
        (0.5, 0, 0): ("factor-two",),
        (1, 1, 0): ("missing-batch-mean",),
        (1, -1, 0): ("batch-mean-twice",),
        (1, 0, 1): ("mean-over-outputs",),
        (1, 0, -1): ("mean-over-outputs",),
    }.get((c, a, b), ())
