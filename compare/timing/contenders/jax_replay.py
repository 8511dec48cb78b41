"""The operations that jax traces in a step, dispatched one by one without tracing again."""

from ..contender import Contender
from . import _jax


def prepare(job):
    from jax_ref import steps

    return _jax.prepared(job, build=steps.replayed)


CONTENDER = Contender(
    name="jax.replay",
    framework="jax",
    kind=None,
    says="jax op by op without the re-tracing: dispatch and arithmetic",
    imports=_jax.IMPORTS,
    prepare=prepare,
    warm=_jax.warm,
    parts=_jax.compile_parts,
    part=True,
)
