"""Training over workers equals the run of one process; a wrong sharing is named, and a lost worker loses nothing."""

import os
import signal
from dataclasses import fields

import numpy as np
import pytest

from compare import networks
from compare.common.errors import UserError
from compare.networks import optimizers
from compare.training import shared
from compare.training.sharing import OneMask, Unsynchronised
from compare.training.training import problem
from manual.parallel import DataParallel, parts


def run(name="mlp", steps=6, batch=30, workers=2, engines=(), parallel=DataParallel, rule="momentum", **more):
    fields = {"sizes": (64, 8, 10)} if name == "mlp" else {"channels": (2, 3), "dropout": 0.3}
    net = networks.network(name, **fields)
    data = net.load()
    given = problem(net, optimizers.optimizer(rule, 0.1), data, steps, batch)
    return shared.shared_by_side(given, data, workers, engines=engines, parallel=parallel, **more)


@pytest.mark.parametrize(("name", "batch", "workers"), [("mlp", 30, 4), ("cnn", 30, 4), ("cnn", 31, 2)])
def test_shards_by_hand_train_as_one_process(name, batch, workers):
    result = run(name, batch=batch, workers=workers)
    assert result.ok and [c.name for c in result.contenders] == ["hand", f"hand x {workers}"]
    assert result.workers == workers


@pytest.mark.parametrize("engine", ["torch.gloo", "jax.mesh"])
def test_an_engine_trains_as_one_process_with_a_batch_norm_and_a_mask(engine):
    pytest.importorskip(engine.partition(".")[0])
    assert run("cnn", steps=4, batch=28, engines=(engine,)).ok


@pytest.mark.slow
def test_every_engine_trains_as_one_process_over_60_steps():
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    assert run(steps=60, workers=3, engines=tuple(shared.ENGINES)).ok


class Summed(DataParallel):
    """Each worker's mean, added up."""

    def reduced(self, shares):
        shares = list(shares)
        factor = len(shares)
        return sum(s[0] for s in shares), {n: factor * sum(s[1][n] for s in shares) for n in shares[0][1]}


class MeanOfMeans(DataParallel):
    """The mean of the workers' means, whatever the size of their shards."""

    def share(self, rank, shards, meeting, params, x, y):
        loss, grads = self.net.loss_and_grads(params, x[shards[rank]], y[shards[rank]])
        return loss / self.workers, {n: g / self.workers for n, g in grads.items()}


class DividedTwice(DataParallel):
    """The loss is divided by the number of shards, and the sum of the gradients too."""

    def reduced(self, shares):
        loss, grads = super().reduced(shares)
        return loss, {n: g / self.workers for n, g in grads.items()}


class Repeated(DataParallel):
    """Worker 1 takes the samples of worker 0."""

    def shards(self, samples):
        first, *others = parts(samples, self.workers)
        return [first, first, *others[1:]]


class NotBroadcast(DataParallel):
    """Worker 1 draws a W2 of its own."""

    def copy(self, rank, params):
        own = np.random.default_rng(rank).normal(size=params["W2"].shape)
        return params if rank == 0 else {**params, "W2": own}


PLANTED = {
    "allreduce-summed": (Summed, "mlp", 30),
    "mean-of-means": (MeanOfMeans, "mlp", 31),
    "accumulation-denominator": (DividedTwice, "mlp", 30),
    "shard-repeated": (Repeated, "mlp", 30),
    "not-broadcast": (NotBroadcast, "mlp", 30),
    "batchnorm-not-synchronised": (Unsynchronised, "cnn", 30),
    "dropout-mask-shared": (OneMask, "cnn", 30),
}


@pytest.mark.parametrize("id", PLANTED)
def test_a_wrong_sharing_is_named(id):
    parallel, name, batch = PLANTED[id]
    result = run(name, batch=batch, parallel=parallel)
    assert result.ok is False and result.finding is not None
    assert id in result.finding.one_of and result.finding.contender in (None, "hand x 2")
    assert "as if" in result.finding.sentence


def killed_at(step, progress):
    """Return a progress that kills the last worker once, at `step`."""
    left = [step]

    def tell(done, of):
        progress.append(done)
        if left and done == left[0]:
            left.clear()
            os.kill(GROUPS[-1].children[-1].process.pid, signal.SIGKILL)

    return tell


GROUPS: list = []


@pytest.fixture
def groups(monkeypatch):
    """Note each Group that is made."""
    from compare.checks.executions.workers import group

    right = group.Group.__init__

    def noted(self, *arguments):
        GROUPS.append(self)
        right(self, *arguments)

    monkeypatch.setattr(group.Group, "__init__", noted)
    yield GROUPS
    GROUPS.clear()


def test_a_killed_worker_is_said_in_one_line_and_the_run_goes_on_to_the_same_numbers(tmp_path, groups):
    pytest.importorskip("torch")
    path = str(tmp_path / "kept.npz")
    with pytest.raises(UserError) as said:
        run(steps=24, engines=("torch.gloo",), checkpoint=path, progress=killed_at(15, []))
    line = str(said.value)
    assert "\n" not in line and "worker 1 of 2 ended: signal SIGKILL, at step" in line and path in line
    with np.load(path) as held:
        arrays = dict(held)
    loss = next(name for name in arrays if name.endswith("/loss"))
    np.savez(path, **arrays | {loss: 2 * arrays[loss]})
    with pytest.raises(UserError, match="not as it was written"):
        run(steps=24, engines=("torch.gloo",), checkpoint=path)
    np.savez(path, **arrays)
    resumed = run(steps=24, engines=("torch.gloo",), checkpoint=path)
    whole = run(steps=24, engines=("torch.gloo",))
    assert resumed.ok and resumed.contenders[-1].loss == whole.contenders[-1].loss
    assert all(
        np.array_equal(a, whole.contenders[-1].final[n]) for n, a in resumed.contenders[-1].final.items()
    )
    assert not os.path.exists(path)


def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    path = tmp_path / "kept.npz"
    np.savez(path, bound=np.array("another"), step=np.array(0))
    with pytest.raises(UserError, match="other settings"):
        run(checkpoint=str(path))
    path.write_bytes(b"no archive")
    with pytest.raises(UserError, match="no checkpoint"):
        run(checkpoint=str(path))


def test_more_workers_than_samples_are_refused():
    with pytest.raises(UserError, match="--workers 8: a batch of 4"):
        shared.train_shared(networks.network("mlp"), 8, networks.network("mlp").load(), steps=2, batch=4)


def test_a_planted_network_keeps_the_fields_of_the_right_one():
    net = networks.network("cnn", dropout=0.3).build("hand")
    worker = Unsynchronised(net, 2).coupled(slice(0, 2), 4, lambda total: total)
    assert [getattr(worker, f.name) for f in fields(net)] == [getattr(net, f.name) for f in fields(net)]
