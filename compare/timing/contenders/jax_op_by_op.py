"""jax without jit: every call traces the derivative anew and dispatches one operation at a time.

Nobody trains so; it is here as jax's dynamic form. `jax.disable_jit` is no contender: it also takes apart the
library's own jitted functions, and measures a debugging aid.
"""

from ..contender import Contender
from . import _jax


def prepare(job):
    from jax_ref import steps

    return _jax.prepared(job, steps.eager)


CONTENDER = Contender(
    name="jax",
    framework="jax",
    kind="dynamic",
    says="op by op, re-traced at every call; nobody trains so",
    imports=_jax.IMPORTS,
    prepare=prepare,
    warm=_jax.warm,
    parts=_jax.compile_parts,
)
