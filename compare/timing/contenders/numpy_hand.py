"""NumPy, the derivatives by hand: no graph at all, so what is left is the arithmetic and NumPy's own overhead."""

from ..contender import Contender, Prepared


def prepare(job):
    from manual import optimizers, steps, to_numpy

    net, optimizer = job.build("manual"), optimizers.SGD(job.rate)
    params = dict(job.params)
    step = steps.eager(net, optimizer)
    return Prepared(step, params, optimizer.init(params), job.x, job.y, lambda tree: None, to_numpy)


CONTENDER = Contender(
    name="numpy",
    framework="numpy",
    kind=None,
    says="derivatives by hand, nothing recorded",
    imports=("numpy", "scipy.special", "manual.steps", "manual.optimizers"),
    prepare=prepare,
)
