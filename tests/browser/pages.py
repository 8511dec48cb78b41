"""One page of each kind, drawn once for all tests of a process."""

from functools import cache

from compare.report.html import render, render_comparison
from tests.compare.report import more_samples, samples

KINDS = [*more_samples.EVERY_KIND, "comparison"]


@cache
def page(kind):
    if kind == "comparison":
        return render_comparison(
            samples.run(), samples.run(gradients=samples.gradients(wrong="W1")), ("a", "b")
        )
    return render(more_samples.EVERY_KIND[kind])
