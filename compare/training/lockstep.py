"""The training loop: every contender one step, then every contender the next, and what each did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .. import networks
from ..common.arrays import Arrays
from ..networks import Network
from ..networks.data import Dataset
from ..user.trio.trio import Trio
from .contenders import Contender, Problem
from .envelope import Track
from .shadows import Shadow, distance

FRAMEWORKS = {"hand": "numpy", "torch": "torch", "jax": "jax"}
# Where a single output turns from class 0 to class 1.
THRESHOLDS = {"hinge": 0.0, "binary_cross_entropy": 0.5}


@dataclass(frozen=True)
class Curve:
    """The record of one contender, step by step.

    absent: why it did not take part.
    loss, accuracy: of the batch, before the step; accuracy is None where the network is no classifier.
    distance: of its parameters from the hand-written run's after the step, relative to their norm.
    tested: accuracy on the test samples after each epoch, where epochs are counted.
    final: the parameters after the last step.
    """

    name: str
    framework: str
    absent: str | None = None
    loss: tuple[float, ...] = ()
    accuracy: tuple[float, ...] | None = ()
    distance: tuple[float, ...] = ()
    tested: tuple[float | None, ...] = ()
    test_accuracy: float | None = None
    final: Arrays | None = None


@dataclass
class Record(Track):
    """A contender's Track, with its accuracies by step and its test accuracies by epoch."""

    accuracy: list[float | None] = field(default_factory=list)
    tested: list[float | None] = field(default_factory=list)


def accuracy(net: Network | Trio, prediction: np.ndarray | None, labels: np.ndarray) -> float | None:
    """Return the share of samples put into their class, by the largest output or by the side of a single one.

    None where a single output is no class, and without samples.
    """
    if prediction is None or not len(labels):
        return None
    if prediction.shape[-1] > 1:
        return float((prediction.argmax(axis=-1) == labels).mean())
    threshold = THRESHOLDS.get(net.fields.get("criterion", ""))
    return None if threshold is None else float(((prediction[:, 0] > threshold) == labels).mean())


class Lockstep:
    """All contenders and shadows one step, then all the next: stopping early leaves curves of one length."""

    def __init__(
        self,
        given: Problem,
        dataset: Dataset,
        contenders: Sequence[Contender],
        shadows: Sequence[Shadow],
        epoch: int | None = None,
    ):
        self.given, self.dataset, self.epoch = given, dataset, epoch
        self.contenders, self.shadows = contenders, shadows
        self.records = {c.who: Record() for c in contenders}
        self.deviations = [Track() for _ in shadows]
        self._after = {c.who: given.params for c in contenders}  # the last step that all have done
        self._x_test = networks.inputs(dataset.x_test, given.dtype)

    def run(self, progress: Callable[[int, int], object] | None = None) -> bool:
        """Run to the end; return whether Ctrl-C ended it before."""
        try:
            # Overflow and nan are what a run may come to; the verdict says so, not NumPy.
            with np.errstate(all="ignore"):
                for step in range(self.given.steps):
                    self._step(step)
                    if self.epoch and (step + 1) % self.epoch == 0:
                        for c in self.contenders:
                            self.records[c.who].tested.append(self._test(c))
                    if progress:
                        progress(step + 1, self.given.steps)
        except KeyboardInterrupt:
            self._cut()
            return True
        return False

    def _step(self, step: int) -> None:
        labels, after = self.dataset.y_train[self.given.order[step]], {}
        for c in self.contenders:
            record = self.records[c.who]
            if (done := self.done_before(c.who, step)) is not None:
                record.accuracy.append(None)
                record.loss.append(done[0])
                record.distance.append(done[1])
                continue
            record.accuracy.append(accuracy(self.given.net, c.predict(c.batch(step)[0]), labels))
            record.loss.append(c.step(step))
            after[c.who] = c.params
            record.distance.append(distance(after[c.who], after[self.contenders[0].who]))
        first = self.contenders[0].who
        for shadow, deviation in zip(self.shadows, self.deviations, strict=True):
            loss = shadow.step(*self.given.batch(step))[0]
            deviation.loss.append(abs(loss - self.records[first].loss[step]))
            deviation.distance.append(distance(shadow.params, after[first]))
        self._after |= after

    def done_before(self, who: str, step: int) -> tuple[float, float] | None:
        """Return (loss, distance) of a step that need not be done again; None where it must be."""
        return None

    def _cut(self) -> None:
        """Cut all curves to the steps that all have finished."""
        records = list(self.records.values())
        tracks = (*records, *self.deviations)
        by_step: list[list] = [values for track in tracks for values in (track.loss, track.distance)]
        by_epoch: list[list] = [record.tested for record in records]
        for group in ([*by_step, *(record.accuracy for record in records)], by_epoch):
            finished = min(map(len, group))
            for values in group:
                del values[finished:]
        for c in self.contenders:
            c.put(self._after[c.who])

    def _test(self, contender: Contender) -> float | None:
        return accuracy(self.given.net, contender.predict(self._x_test), self.dataset.y_test)

    def curve(self, contender: Contender) -> Curve:
        """Return what the contender did, as the result has it."""
        record = self.records[contender.who]
        each = [a for a in record.accuracy if a is not None]
        return Curve(
            name=contender.who,
            framework=contender.framework or FRAMEWORKS[contender.who],
            loss=tuple(record.loss),
            accuracy=tuple(each) if len(each) == len(record.accuracy) else None,
            distance=tuple(record.distance),
            tested=tuple(record.tested),
            test_accuracy=self._test(contender),
            final=contender.params,
        )
