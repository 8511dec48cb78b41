"""Training over workers beside the run of one process, and the checkpoint of a run that lost a worker."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from manual.parallel import DataParallel

from ..checks.executions.workers.group import ENGINES, WorkerLostError, gathered
from ..common.errors import UserError
from ..common.results import plain, regular, write_bytes
from ..common.shapes import damaged
from ..networks import Network
from ..networks.data import Dataset
from ..networks.optimizers import Optimizer
from ..user.trio.trio import Trio
from ..witnesses import absent
from .contenders import Contender, Problem, training_process
from .envelope import Track
from .lockstep import Lockstep
from .sharing import EngineShared, HandShared
from .training import CurvesResult, Progress, problem, ruled, side_by_side, trio_problem

EVERY = 10  # steps between two states that a run can go on from


def train_shared(
    net: Network | Trio,
    workers: int,
    dataset: Dataset | None = None,
    steps: int = 300,
    batch: int = 32,
    rate: float | None = None,
    seed: int = 0,
    dtype: str = "float64",
    optimizer: str | Optimizer | None = None,
    schedule: str = "constant",
    clip: float | None = None,
    checkpoint: str | None = None,
    progress: Progress | None = None,
) -> CurvesResult:
    """Train `net` in one process, and with each batch shared out over workers by each engine; see `train`.

    checkpoint: a file that a run which loses a worker is kept in; where it is there, the run goes on from it. Raises
    WorkerLostError with one line where a worker ends, and UserError for unusable settings.
    """
    rule = ruled(net, steps, rate, optimizer, schedule, clip)
    if isinstance(net, Trio):
        net.held = True
        given, dataset = trio_problem(net, rule, steps, batch, seed, dtype)
        given = replace(given, params={n: a for n, a in given.params.items() if n not in net.carried})
    else:
        if dataset is None:
            raise UserError("dataset is missing: net.load() gives one that fits a built-in network")
        assert rule is not None
        given = problem(net, rule, dataset, steps, batch, seed, dtype)
    if given.order.shape[1] < workers:
        raise UserError(f"--workers {workers}: a batch of {given.order.shape[1]} has fewer samples than that")
    return shared_by_side(given, dataset, workers, checkpoint, progress)


def shared_by_side(
    given: Problem,
    dataset: Dataset,
    workers: int,
    checkpoint: str | None = None,
    progress: Progress | None = None,
    engines: Sequence[str] = tuple(ENGINES),
    parallel: type[DataParallel] = DataParallel,
) -> CurvesResult:
    """Run a ready-made Problem over workers. parallel: the derivation's, or one with a mistake."""
    own = given.net.absent if isinstance(given.net, Trio) else {}
    missing = {who: own.get(who) or absent(who) for who in ("hand", "torch", "jax")}
    first = next(who for who, why in missing.items() if not why)
    not_there = {name: missing[ENGINES[name].framework] for name in engines}
    with ExitStack() as stack:
        stack.enter_context(training_process([who for who, why in missing.items() if not why]))
        contenders: list[Any] = [Contender(first, given)]
        if not missing["hand"]:
            contenders.append(HandShared(given, workers, parallel))
        for name in (name for name in engines if not not_there[name]):
            group = stack.enter_context(gathered(name, workers, given.net, given.rule, str(given.dtype)))
            contenders.append(EngineShared(name, given, group))
        kept = Kept(Path(checkpoint) if checkpoint else None, given, workers)
        result = side_by_side(given, dataset, progress, ready=contenders, lockstep=kept.lockstep)
    kept.remove()
    notes = [f"{name} is absent: {why}" for name, why in not_there.items() if why]
    if isinstance(given.net, Trio) and given.net.carried:
        notes.append(f"{', '.join(given.net.carried)} stay as they are: workers carry nothing on")
    return replace(result, workers=workers, notes=(*result.notes, *notes))


class Kept:
    """The file that a run goes on from: of each engine its losses, distances, parameters and optimiser's state."""

    def __init__(self, path: Path | None, given: Problem, workers: int):
        self.path = path
        about = {
            "net": given.net.describe(),
            "rule": given.rule.describe(),
            "workers": workers,
            "seed": given.seed,
        }
        digest = hashlib.sha256(json.dumps(plain(about), sort_keys=True).encode())
        for array in (given.order, given.x, given.y, *given.params.values()):
            digest.update(np.ascontiguousarray(array).tobytes())
        self.bound = digest.hexdigest()

    def lockstep(self, *arguments: Any) -> "KeptLockstep":
        """Return the run, resumed from the checkpoint if there is one. Raises UserError for one of other settings."""
        run = KeptLockstep(*arguments, kept=self)
        if self.path is None or not self.path.exists():
            return run
        try:
            with np.load(regular(self.path), allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            bound, found = str(arrays.pop("bound")), str(arrays.pop("sha256", ""))
        except UserError:
            raise
        except Exception as error:  # zipfile's and zlib's own, too
            raise UserError(
                f"{self.path} is no checkpoint of curves: remove it, or give another --checkpoint"
            ) from error
        if bound != self.bound:
            raise UserError(
                f"{self.path} is of a run with other settings: remove it, or give another --checkpoint"
            )
        if found != content_sum(arrays):
            raise UserError(f"{self.path} is not as it was written: remove it, or give another --checkpoint")
        with damaged(self.path):
            run.resume(arrays)
        return run

    def write(self, arrays: dict[str, np.ndarray]) -> None:
        """Write the file, whole or not at all."""
        if self.path is None:
            return
        content = BytesIO()
        found = content_sum(arrays)
        np.savez(content, bound=np.array(self.bound), sha256=np.array(found), **arrays)  # type: ignore[arg-type]
        write_bytes(self.path, content.getvalue())

    def remove(self) -> None:
        """Remove the file of a run that has ended."""
        if self.path is not None:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)


def content_sum(arrays: dict[str, np.ndarray]) -> str:
    """Return the sha256 of named arrays, their types and shapes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(
            f"{name} {array.dtype.str} {array.shape}".encode() + np.ascontiguousarray(array).tobytes()
        )
    return digest.hexdigest()


class KeptLockstep(Lockstep):
    """A run whose engines' state is kept every few steps; what NumPy does is done again when it goes on."""

    def __init__(self, *arguments: Any, kept: Kept):
        super().__init__(*arguments)
        self.kept, self.from_step = kept, 0
        self.state: dict[str, np.ndarray] = {}
        self.before: dict[str, Track] = {}

    def engines(self) -> Iterator[EngineShared]:
        """Yield the contenders that compute elsewhere."""
        contenders: Sequence[Any] = self.contenders
        yield from (c for c in contenders if isinstance(c, EngineShared))

    def run(self, progress: Any = None) -> bool:
        """Run to the end. Raises WorkerLostError, with the run kept up to the last state."""
        try:
            return super().run(progress)
        except WorkerLostError as error:
            done, self.from_step = len(self.records[self.contenders[0].who].loss), 0
            where = (
                f"; {self.kept.path} keeps it: the same command goes on from there" if self.kept.path else ""
            )
            self.kept.write(self.state)
            raise WorkerLostError(f"{error}, at step {done} of {self.given.steps}{where}") from error

    def _step(self, step: int) -> None:
        if step % EVERY == 0 and step >= self.from_step:
            self._keep(step)
        super()._step(step)

    def done_before(self, who: str, step: int) -> tuple[float, float] | None:
        """Return the loss and the distance of a step that the run before has done."""
        track = self.before.get(who)
        return None if track is None or step >= self.from_step else (track.loss[step], track.distance[step])

    def _keep(self, step: int) -> None:
        arrays: dict[str, np.ndarray] = {"step": np.array(step)}
        for c in self.engines():
            record = self.records[c.who]
            arrays |= {f"{c.who}/loss": np.array(record.loss), f"{c.who}/distance": np.array(record.distance)}
            arrays |= {f"{c.who}/param/{n}": a for n, a in c.params.items()}
            arrays |= {f"{c.who}/state/{k}": a for k, a in enumerate(c.state())}
        self.state = arrays

    def resume(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from what `_keep` kept."""
        self.from_step, self.state = int(arrays["step"]), arrays
        for c in self.engines():
            loss, distance = (arrays[f"{c.who}/{kind}"].tolist() for kind in ("loss", "distance"))
            self.before[c.who] = Track(loss, distance)
            c.put({n: arrays[f"{c.who}/param/{n}"] for n in self.given.params})
            states = sum(name.startswith(f"{c.who}/state/") for name in arrays)
            c.put_state([arrays[f"{c.who}/state/{k}"] for k in range(states)])
