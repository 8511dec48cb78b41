"""A step shared out over workers, as executions that are judged."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ....common.errors import UserError
from ....witnesses import absent
from ..result import Row
from ..run import Run
from ..ways import Own, Way
from .group import ENGINES, Group, WorkerLostError, gathered


def _asked(run: Any, way: Way, group: Group, rank: int = 0, request: str = "gradient") -> Any:
    """Return a function (params, x, y) -> (loss, gradients) that the process `rank` answers."""
    native = run.native(way.framework)

    def function(params: Any, x: Any, y: Any) -> Any:
        at = native.back(params)
        loss, grads = group.gradients(at, run.plain(x), run.plain(y), request)[rank]
        return loss, native.into(grads)

    return function


def _own(run: Any, way: Way, group: Group) -> list[Any]:
    """Return a row for the user's worker in the first process, and in each whose gradients are not the first's."""
    subject, who, asked = run.subject, way.framework, "own_gradient"
    x, y = subject.batch(0)
    answers = group.gradients(subject.params, x, y, asked)
    first = answers[0][1]
    parting = [
        r
        for r, (_, grads) in enumerate(answers)
        if not all(np.array_equal(grads[n], a, equal_nan=True) for n, a in first.items())
    ]
    rows = []
    for rank in (0, *parting):
        name = f"{who}_worker, {way.workers} workers" + (f", rank {rank}" if parting else "")
        mine = partial(Own, function=_asked(run, way, group, rank, asked))
        row = run.row(replace(way, name=name, net=mine, says="your own worker, a process each"))
        if rank and row.fault is not None:
            said = f"Process {rank} has other gradients than process 0: reduce them over the whole group."
            row = replace(row, fault=replace(row.fault, sentence=said))
        rows.append(row)
    return rows


def shared(run: Run, counts: Sequence[int]) -> list[Row]:
    """Return a row for each engine and number of workers; `run` judges them."""
    rows, subject = list[Row](), run.subject
    own = getattr(subject.net, "absent", {})
    for engine in ENGINES.values():
        for count in counts:
            way = Way(f"{engine.name}, {count} workers", engine.framework, workers=count, says=engine.says)
            why = own.get(engine.framework) or absent(engine.framework)
            if why:
                rows.append(run.named(way, why))
                continue
            try:
                with gathered(engine.name, count, subject.net, subject.rule, subject.dtype) as group:
                    rows.append(run.row(replace(way, net=partial(Own, function=_asked(run, way, group)))))
                    if engine.processes and engine.framework in getattr(subject.net, "workers", {}):
                        rows += _own(run, way, group)
            except WorkerLostError:
                raise
            except UserError as error:
                rows.append(run.named(way, str(error)))
    return rows
