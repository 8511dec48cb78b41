"""torch as most people use it: autograd records a new graph at every call and throws it away."""

from ..contender import Contender
from . import _torch


def prepare(job):
    from torch_ref import steps

    return _torch.prepared(job, steps.eager)


CONTENDER = Contender(
    name="torch",
    framework="torch",
    kind="dynamic",
    says="autograd records a graph at every call",
    imports=_torch.IMPORTS,
    prepare=prepare,
    widths=True,
)
