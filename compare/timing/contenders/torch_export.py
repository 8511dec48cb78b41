"""torch.export's program of the step: a static graph without a compiler, its operations run by eager kernels."""

from ..contender import Contender
from . import _torch


def prepare(job):
    from torch_ref import steps

    return _torch.prepared(job, build=steps.exported)


CONTENDER = Contender(
    name="torch.export",
    framework="torch",
    kind="static",
    says="a graph without a compiler: eager kernels in a fixed order",
    imports=_torch.IMPORTS,
    compiler=("torch.export", "torch.fx.experimental.proxy_tensor"),
    prepare=prepare,
)
