"""Mistakes of a batch in parts: micro-batches or workers' shards put together wrongly, named by their numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..common.arrays import Arrays

Equal = Callable[[Arrays], bool]


@dataclass(frozen=True)
class Mixture:
    """A wrong way to put parts together: the gradient is the sum of factors times the parts' gradients."""

    id: str
    factors: tuple[float, ...]
    sentence: str


def mixtures(weights: Sequence[float], sizes: Sequence[int], workers: bool) -> Iterator[Mixture]:
    """Yield the wrong mixtures of parts whose right factors are `weights`, the likeliest first.

    sizes: samples of each part.  workers: whether the parts are workers' shards; else micro-batches.
    """
    count, right = len(weights), tuple(weights)
    part, parts = ("worker", "workers") if workers else ("micro-batch", "micro-batches")
    equal = max(right) - min(right) < 1e-12
    summed = "the all-reduce sums the gradients" if workers else f"the gradients of the {parts} are summed"
    yield Mixture(
        "allreduce-summed" if workers else "accumulation-denominator",
        (1.0,) * count,
        f"{summed} of {count} {parts}: each is a mean already, so divide by {count}"
        if workers
        else f"{summed}: each is a mean already, so divide the loss by {count} {parts}",
    )
    if not equal:
        yield Mixture(
            "mean-of-means",
            (1 / count,) * count,
            f"the {count} {parts} are averaged as if they were of one size: weigh each by its share of the batch, "
            + ", ".join(f"{w:.4g}" for w in right),
        )
    by_samples = tuple(n / sum(sizes) for n in sizes)
    if max(abs(a - b) for a, b in zip(by_samples, right, strict=True)) > 1e-12:
        yield Mixture(
            "samples-for-tokens",
            by_samples,
            f"each {part} is weighted by its samples; the loss is a mean over unmasked tokens: weigh by these",
        )
    for factor, said in ((1 / count, f"divided by {count} twice"), (float(count), f"not divided by {count}")):
        found = tuple(factor * w for w in right)
        yield Mixture("accumulation-denominator", found, f"the sum over the {count} {parts} is {said}")
    for one in range(count):
        alone = tuple(float(k == one) for k in range(count))
        yield Mixture("not-reduced", alone, f"the gradient is that of {part} {one} alone: nothing is reduced")
        rest = tuple(0.0 if k == one else w for k, w in enumerate(right))
        yield Mixture("part-dropped", rest, f"{part} {one} adds nothing")
        kept = tuple(w / (1 - right[one]) for w in rest) if right[one] < 1 else rest
        yield Mixture("part-dropped", kept, f"{part} {one} is left out, of the sum and of the denominator")
        for other in range(count):
            if one != other:
                doubled = [*right]
                doubled[one], doubled[other] = 0.0, right[one] + right[other]
                said = f"{part} {one} computes the samples of {part} {other}: these count twice, its own not at all"
                yield Mixture("shard-repeated", tuple(doubled), said)


def named(
    parts: Sequence[Arrays], weights: Sequence[float], sizes: Sequence[int], workers: bool, equal: Equal
) -> list[Mixture]:
    """Return the wrong mixtures that give the numbers in question, one of each id.

    parts: the gradients of each part.  equal(arrays): whether these are the numbers, to rounding.
    """
    found: dict[str, Mixture] = {}
    for mixture in mixtures(weights, sizes, workers):
        if mixture.id in found:
            continue
        pairs = list(zip(mixture.factors, parts, strict=True))
        if equal({n: np.asarray(sum(f * np.asarray(p[n]) for f, p in pairs)) for n in parts[0]}):
            found[mixture.id] = mixture
    return list(found.values())


def sentence(found: Sequence[Mixture]) -> str:
    """Return what each of them does, in one clause."""
    return "; or: ".join(mixture.sentence for mixture in found)
