"""The training loop: every contender one step, then every contender the next, and what each did."""

from dataclasses import dataclass

import numpy as np

from .. import networks
from .shadows import distance

FRAMEWORKS = {"hand": "numpy", "torch": "torch", "jax": "jax"}
# Where a single output turns from class 0 to class 1.
THRESHOLDS = {"hinge": 0.0, "binary_cross_entropy": 0.5}


@dataclass(frozen=True)
class Curve:
    """What one contender did, by step.

    loss, accuracy: of the batch, before the step; accuracy is None where the network is no classifier.
    distance: of its parameters from the hand's after the step, relative to their norm.
    """

    name: str
    framework: str
    absent: str | None = None  # why it did not take part
    loss: tuple = ()
    accuracy: tuple | None = ()
    distance: tuple = ()
    tested: tuple = ()  # of the test samples, after each epoch, where epochs are counted
    test_accuracy: float | None = None
    final: dict | None = None  # the parameters after the last step


def accuracy(net, prediction, labels):
    """The share of samples put into their class, by the largest output or by the side of a single one.

    None where a single output is no class, and without samples.
    """
    if not len(labels):
        return None
    if prediction.shape[-1] > 1:
        return float((prediction.argmax(axis=-1) == labels).mean())
    threshold = THRESHOLDS.get(net.fields.get("criterion"))
    return None if threshold is None else float(((prediction[:, 0] > threshold) == labels).mean())


class Lockstep:
    """All contenders and shadows one step, then all the next: stopping early leaves curves of one length."""

    def __init__(self, net, dataset, given, contenders, shadows, epoch=None):
        self.net, self.dataset, self.given, self.epoch = net, dataset, given, epoch
        self.contenders, self.shadows = contenders, shadows
        self.records = {c.who: {"loss": [], "accuracy": [], "distance": []} for c in contenders}
        self.deviations = [{"loss": [], "distance": []} for _ in shadows]
        self.tested = {c.who: [] for c in contenders}
        self._after = {c.who: given.params for c in contenders}  # the last step that all have done
        self._x_test = networks.inputs(dataset.x_test, given.dtype)

    def run(self, progress=None):
        """Run to the end; True where Ctrl-C ended it before."""
        try:
            # Overflow and nan are what a run may come to; the verdict says so, not NumPy.
            with np.errstate(all="ignore"):
                for step in range(self.given.steps):
                    self._step(step)
                    if self.epoch and (step + 1) % self.epoch == 0:
                        for c in self.contenders:
                            self.tested[c.who].append(self._test(c))
                    if progress:
                        progress(step + 1, self.given.steps)
        except KeyboardInterrupt:
            everything = [*self.records.values(), *self.deviations]
            finished = min(len(values) for record in everything for values in record.values())
            for record in everything:
                for values in record.values():
                    del values[finished:]
            tests = min(map(len, self.tested.values()))
            for c in self.contenders:
                c.put(self._after[c.who])
                del self.tested[c.who][tests:]
            return True
        return False

    def _step(self, step):
        labels, reference, after = self.dataset.y_train[self.given.order[step]], None, {}
        for c in self.contenders:
            record = self.records[c.who]
            record["accuracy"].append(accuracy(self.net, c.predict(c.batch(step)[0]), labels))
            record["loss"].append(c.step(step))
            here = after[c.who] = c.params
            reference = here if reference is None else reference
            record["distance"].append(distance(here, reference))
        for shadow, deviation in zip(self.shadows, self.deviations, strict=True):
            loss = shadow.step(*self.given.batch(step))[0]
            deviation["loss"].append(abs(loss - self.records[self.contenders[0].who]["loss"][step]))
            deviation["distance"].append(distance(shadow.params, reference))
        self._after = after

    def _test(self, contender):
        return accuracy(self.net, contender.predict(self._x_test), self.dataset.y_test)

    def curve(self, contender):
        """What the contender did, as it goes into the result."""
        record = self.records[contender.who]
        return Curve(
            name=contender.who,
            framework=FRAMEWORKS[contender.who],
            loss=tuple(record["loss"]),
            accuracy=None if None in record["accuracy"] else tuple(record["accuracy"]),
            distance=tuple(record["distance"]),
            tested=tuple(self.tested[contender.who]),
            test_accuracy=self._test(contender),
            final=contender.params,
        )
