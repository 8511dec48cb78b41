"""jax's executable itself, `jit(step).lower().compile()`: jax.jit without looking up a cache at each call."""

from ..contender import Contender
from . import _jax


def prepare(job):
    from jax_ref import steps

    return _jax.prepared(job, build=steps.ahead_of_time)


CONTENDER = Contender(
    name="jax.aot",
    framework="jax",
    kind="static",
    says="the compiled executable called directly",
    imports=_jax.IMPORTS,
    prepare=prepare,
    warm=_jax.warm,
    parts=_jax.compile_parts,
)
