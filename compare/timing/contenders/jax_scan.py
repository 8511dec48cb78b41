"""jax.jit of an epoch: the loop over batches is in the graph too (lax.scan), so Python is asked once an epoch."""

import dataclasses

import numpy as np

from ..contender import Contender
from . import _jax


def prepare(job):
    from jax_ref import steps

    # One batch again and again, as the other contenders see it; it travels as data, a copy for each step.
    xs, ys = (np.repeat(np.asarray(a)[None], job.epoch, axis=0) for a in (job.x, job.y))
    prepared = _jax.prepared(dataclasses.replace(job, x=xs, y=ys), steps.scanned)
    return dataclasses.replace(prepared, steps=job.epoch)


CONTENDER = Contender(
    name="jax.scan",
    framework="jax",
    kind="static",
    says="a whole epoch in one call, the loop inside the graph",
    imports=_jax.IMPORTS,
    prepare=prepare,
    warm=_jax.warm,
    parts=_jax.compile_parts,
)
