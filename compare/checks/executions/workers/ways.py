"""A step shared out over workers, as executions that are judged."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ....common.errors import UserError
from ....witnesses import absent
from ..result import Row
from ..run import Run
from ..ways import Own, Way
from .group import ENGINES, WorkerLostError, gathered


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

                    def function(
                        params: Any, x: Any, y: Any, who: str = engine.framework, group: Any = group
                    ) -> Any:
                        native = run.native(who)
                        given = native.back(params), run.plain(x), run.plain(y)
                        loss, grads = group.gradient(*given)
                        return loss, native.into(grads)

                    rows.append(run.row(replace(way, net=partial(Own, function=function))))
            except WorkerLostError:
                raise
            except UserError as error:
                rows.append(run.named(way, str(error)))
    return rows
