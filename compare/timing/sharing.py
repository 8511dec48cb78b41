"""Measure a step shared among workers: each engine with each number of workers, on the available cores."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks.executions.workers.group import ENGINES, Group, specified
from ..common.errors import INCONCLUSIVE, UserError
from ..common.results import Displayed, cores, environment
from ..common.statistics import Interval, interval
from ..networks import Network
from ..networks.optimizers import optimizer
from ..user.trio.trio import Trio, as_floating
from ..witnesses import absent

ROUNDS, QUICK = 12, 6
BLOCK = 0.05  # seconds of steps in a block
Update = Callable[[str, int, int], object]


@dataclass(frozen=True)
class SharedTimes:
    """An engine with a number of workers. Seconds are of one step; samples: of each block.

    speedup: the time of one worker over this, round by round; efficiency: that over the number of workers.
    """

    name: str
    workers: int
    says: str
    absent: str | None = None
    start_s: float | None = None
    step_s: Interval | None = None
    speedup: Interval | None = None
    efficiency: Interval | None = None
    samples: tuple[float, ...] = ()


@dataclass(frozen=True)
class SharedResult(Displayed):
    """The raw result of `threeways time --workers`. cores: what all workers together may use."""

    schema: str
    environment: dict
    rows: tuple[SharedTimes, ...]
    network: str
    data: str
    batch: int
    dtype: str
    cores: int

    @property
    def exit_code(self) -> int:
        """0, or 3 where nothing could be timed."""
        return 0 if any(row.step_s for row in self.rows) else INCONCLUSIVE


def time_workers(
    net: Network | Trio,
    workers: Sequence[int],
    x: np.ndarray | None = None,
    y: np.ndarray | None = None,
    params: dict[str, np.ndarray] | None = None,
    batch: int = 32,
    seed: int = 0,
    dtype: str = "float32",
    quick: bool = False,
    data: str = "",
    progress: Update | None = None,
) -> SharedResult:
    """Time steps of plain descent that workers share, by each engine. Of a Trio its own samples and parameters.

    The engines take turns, one block each; all wait while one is timed. Raises UserError for a batch that is too small.
    """
    counts = sorted({1, *workers})
    if isinstance(net, Trio):
        net.held = True
        x, y = as_floating((net.x[:batch], net.y[:batch]), dtype)
        params, data = {n: a.astype(dtype) for n, a in net.params.items()}, net.name
    assert x is not None and y is not None and params is not None
    if len(x) < counts[-1]:
        raise UserError(f"--workers {counts[-1]}: a batch of {len(x)} has fewer samples than that")
    own = getattr(net, "absent", {})
    rows: list[SharedTimes] = []
    timed: dict[tuple[str, int], tuple[Group, int, float]] = {}
    samples: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        for engine in ENGINES.values():
            why = own.get(engine.framework) or absent(engine.framework)
            for count in counts:
                if why:
                    rows.append(SharedTimes(engine.name, count, engine.says, why))
                    continue
                begin = time.perf_counter()
                group = stack.enter_context(
                    Group(engine.name, count, specified(net, optimizer("sgd", 0.1), dtype))
                )
                try:
                    group.ask("put", params=params)
                    group.ask("step", x=x, y=y)
                except UserError as error:
                    rows.append(SharedTimes(engine.name, count, engine.says, str(error)))
                    continue
                start = time.perf_counter() - begin
                once = group.ask("timed", x=x, y=y, calls=np.array(3))[0]["seconds"] / 3
                timed[engine.name, count] = group, max(1, round(BLOCK / once)), start
                samples[engine.name, count] = []
        rounds, rng = QUICK if quick else ROUNDS, np.random.default_rng([seed, 13])
        for turn in range(rounds):
            for k in rng.permutation(len(timed)):
                key = list(timed)[k]
                group, calls, _ = timed[key]
                answers = group.ask("timed", x=x, y=y, calls=np.array(calls))
                samples[key].append(max(a["seconds"] for a in answers) / calls)
            if progress:
                progress("workers", turn + 1, rounds)
    rows += [_row(name, count, start, samples) for (name, count), (_, _, start) in timed.items()]
    return SharedResult(
        schema="threeways/workers/1",
        environment=environment(seed),
        rows=tuple(rows),
        network=net.describe(),
        data=data,
        batch=len(x),
        dtype=dtype,
        cores=cores(),
    )


def _row(name: str, count: int, start: float, samples: dict[tuple[str, int], list[float]]) -> SharedTimes:
    mine = samples[name, count]
    alone: Any = samples.get((name, 1))
    speedup = None if alone is None else [a / m for a, m in zip(alone, mine, strict=True)]
    return SharedTimes(
        name,
        count,
        ENGINES[name].says,
        start_s=start,
        step_s=interval(mine),
        speedup=interval(speedup) if speedup else None,
        efficiency=interval([s / count for s in speedup]) if speedup else None,
        samples=tuple(mine),
    )
