"""jax.jit of the whole step: traced at the first call, compiled by XLA, then only run."""

from ..contender import Contender
from . import _jax


def prepare(job):
    from jax_ref import steps

    return _jax.prepared(job, steps.compiled)


CONTENDER = Contender(
    name="jax.jit",
    framework="jax",
    kind="static",
    says="the whole step traced once, compiled by XLA",
    imports=_jax.IMPORTS,
    prepare=prepare,
    warm=_jax.warm,
    parts=_jax.compile_parts,
    widths=True,
    retraces=True,
)
