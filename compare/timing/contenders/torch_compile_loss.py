"""torch.compile of the loss alone, as most training loops use it: autograd and the update stay outside."""

from ..contender import Contender
from . import _torch


def prepare(job):
    from torch_ref import steps

    _torch.needs_compiler()
    return _torch.prepared(job, steps.compiled_loss)


CONTENDER = Contender(
    name="torch.compile.loss",
    framework="torch",
    kind="static",
    says="the loss compiled, autograd around it, the update eager",
    imports=_torch.IMPORTS,
    compiler=_torch.COMPILER,
    prepare=prepare,
    toolchain=True,
    warm=_torch.warm,
    parts=_torch.compile_parts,
)
