"""A CUDA graph of the step: the kernels recorded once and replayed by one launch."""

from ..contender import AbsentError, Contender
from . import _torch


def prepare(job):
    import torch

    from torch_ref import steps

    if not torch.cuda.is_available():
        raise AbsentError("needs a GPU that torch sees")
    if job.device != "cuda":
        raise AbsentError("records what runs on a GPU: --device cuda")
    return _torch.prepared(job, build=steps.captured)


CONTENDER = Contender(
    name="torch.cudagraph",
    framework="torch",
    kind="static",
    says="kernels recorded once, replayed by one launch",
    imports=_torch.IMPORTS,
    prepare=prepare,
)
