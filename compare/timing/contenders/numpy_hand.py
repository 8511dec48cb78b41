"""NumPy, the derivatives by hand: no graph at all, so what is left is the arithmetic and NumPy's own overhead."""

from ..contender import AbsentError, Contender, Prepared


def prepare(job):
    import numpy as np

    from manual import from_numpy, optimizers, steps, to_numpy

    if job.device != "cpu":
        raise AbsentError("NumPy has no GPU")
    net, optimizer = job.build("manual"), optimizers.SGD(job.rate)
    params = dict(job.params)
    step = steps.eager(net, optimizer)
    return Prepared(
        step,
        params,
        optimizer.init(params),
        job.x,
        job.y,
        sync=lambda tree: None,  # NumPy returns when the result is there
        from_numpy=from_numpy,
        to_numpy=to_numpy,
        matmul=np.matmul,
    )


CONTENDER = Contender(
    name="numpy",
    framework="numpy",
    kind=None,
    says="derivatives by hand, nothing recorded",
    imports=("numpy", "scipy.special", "manual.steps", "manual.optimizers"),
    prepare=prepare,
    widths=True,
)
