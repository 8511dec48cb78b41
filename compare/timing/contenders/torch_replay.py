"""The operations that torch runs in a step, called one by one without recording a graph for the backward pass."""

from ..contender import Contender
from . import _torch


def prepare(job):
    from torch_ref import steps

    return _torch.prepared(job, build=steps.traced)


CONTENDER = Contender(
    name="torch.replay",
    framework="torch",
    kind=None,
    says="torch eager without autograd: dispatch and arithmetic",
    imports=_torch.IMPORTS,
    compiler=("torch.fx.experimental.proxy_tensor",),
    prepare=prepare,
    part=True,
)
