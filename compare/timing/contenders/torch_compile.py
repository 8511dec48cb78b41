"""torch.compile of the whole functional step: forward, backward and update in one static graph."""

from ..contender import Contender
from . import _torch


def prepare(job):
    from torch_ref import steps

    _torch.needs_compiler()
    return _torch.prepared(job, steps.compiled)


CONTENDER = Contender(
    name="torch.compile",
    framework="torch",
    kind="static",
    says="the whole step captured once, compiled by inductor",
    imports=_torch.IMPORTS,
    compiler=_torch.COMPILER,
    prepare=prepare,
    toolchain=True,
    warm=_torch.warm,
    parts=_torch.compile_parts,
    widths=True,
    retraces=True,
)
