"""Execute one step in every way, judge each by the float64 run of the same code, and say what a wrong one does."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from ...common.errors import UserError
from ...common.results import environment
from ...networks import Network
from ...networks.optimizers import Optimizer
from ...user.trio.trio import Trio
from .result import ExecutionsResult
from .run import Run
from .subject import Subject, named_rule, of_network, of_trio
from .ways import WAYS, Own, Way
from .workers.ways import shared

Progress = Callable[[list], Iterable]


def executions(
    net: Network | Trio,
    optimizer: str | None = None,
    rate: float | None = None,
    batch: int = 32,
    seed: int = 0,
    dtype: str = "float32",
    data: str | None = None,
    workers: Sequence[int] = (),
    backend: str = "inductor",
    ways: Sequence[Way] | None = None,
    progress: Progress | None = None,
) -> ExecutionsResult:
    """Execute one step of `net`, and ten, in every way that the frameworks have; return which leave the band.

    net: a Trio, or from compare.networks.network.  dtype: also "bfloat16".  data: as of `gradients`.  workers: how many
    processes or devices share a step.  backend: of torch.compile.  ways: in place of all.  Raises UserError for
    unusable settings.
    """
    if batch < 1:
        raise UserError(f"--batch {batch}: at least one sample is needed")
    if isinstance(net, Trio):
        subject = of_trio(net, named_rule(optimizer, rate, bool(net.updates)), batch, seed, dtype)
    else:
        rule = named_rule(optimizer, rate)
        assert isinstance(rule, Optimizer)
        subject = of_network(net, rule, data, batch, seed, dtype)
    return executed(subject, ways, workers, backend, progress)


def executed(
    subject: Subject,
    ways: Sequence[Way] | None = None,
    workers: Sequence[int] = (),
    backend: str = "inductor",
    progress: Progress | None = None,
) -> ExecutionsResult:
    """Execute a Subject, see `executions`."""
    net = subject.net
    run = Run(subject, backend)
    notes = list(net.said()) if isinstance(net, Trio) else []
    wanted = list(WAYS if ways is None else ways)
    if ways is None:
        wanted += run.parts(notes) + own_ways(net)
    rows = [run.row(way) for way in (progress or iter)(wanted)]
    if ways is None and workers:
        rows += shared(run, workers)
    references = run.compared()
    judged = [row.ok for row in (*rows, *references) if row.ok is not None]
    return ExecutionsResult(
        schema="threeways/executions/1",
        environment=environment(subject.seed),
        ok=all(judged) if judged else None,
        rows=tuple(rows),
        references=tuple(references),
        network=net.describe(),
        data=subject.data,
        optimizer=subject.rule.describe(),
        batch=len(subject.batch(0)[0]),
        steps=len(subject.draws),
        dtype=subject.dtype,
        seed=subject.seed,
        backend=backend,
        notes=tuple(notes),
    )


def own_ways(net: Network | Trio) -> list[Way]:
    """Return the executions that a user's file has: {name: function (params, x, y) -> (loss, gradients)}."""
    return [
        Way(
            f"{who}: {name}",
            who,
            net=partial(Own, function=function),
            own=True,
            says="your own execution",
        )
        for who, functions in getattr(net, "executions", {}).items()
        for name, function in functions.items()
    ]
