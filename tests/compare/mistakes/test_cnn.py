"""The mistakes of the convolutional network: each found, placed and named in both floating types; none imagined."""

import numpy as np
import pytest

import manual
from compare import networks
from compare.checks.bench.bench import OUTCOMES, judged_planted, outcome
from compare.checks.bench.planting import planted_cases, shown_in
from compare.checks.gradients import check_gradients
from compare.mistakes.catalogue import catalogue
from compare.witnesses.rounding.noisy import Rounding, noisy

IDS = [id for id, m in catalogue().items() if m.network == "CNN"]
CATALOGUED = {
    "batchnorm-mean-path",
    "batchnorm-variance-path",
    "batchnorm-unbiased",
    "conv-kernel-flipped",
    "conv-stride-ignored",
    "conv-overlap-overwritten",
    "pool-ties-to-all",
    "dropout-mask-redrawn",
    "dropout-not-inverted",
}


def test_every_structured_id_of_this_family_is_there():
    assert {id.split(":")[0] for id in IDS} >= CATALOGUED


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_a_planted_mistake_is_found_placed_and_named_in_float32(id):
    """The test of the bench plants it in float64."""
    mistake, dtype = catalogue()[id], "float32"
    drawn, layers, _ = planted_cases(id, 1)[0][0]
    array = shown_in(mistake, drawn, layers, None, dtype)
    report = judged_planted(mistake, drawn, layers, None, dtype)
    assert outcome(mistake, array, report) == dict.fromkeys(OUTCOMES, True), str(report)


@pytest.mark.parametrize("id", IDS)
def test_a_mistake_is_refused_on_a_network_where_it_cannot_show(id):
    """One block, kernels of one pixel, tiling windows without ties, no dropout: only batch norm's are left."""
    net = manual.CNN(image=(1, 6, 6), channels=(2,), kernel=1, padding=0, pool="avg")
    rng = np.random.default_rng(0)
    params, x, y = net.init(rng), rng.standard_normal((4, 36)), rng.integers(0, 10, 4)
    needs = catalogue()[id].needs
    assert (needs(net, params, x, y, frozenset([1])) is None) == id.startswith(
        ("batchnorm", "missing-activation")
    )


def test_batch_norm_of_two_values_hides_its_mistakes():
    net = manual.CNN(image=(1, 1, 2), channels=(2,), kernel=1, padding=0, window=1)
    params = net.init(np.random.default_rng(0))
    reason = catalogue()["batchnorm-mean-path"].needs(
        net, params, np.ones((1, 2)), np.array([0]), frozenset([1])
    )
    assert "two values a channel" in reason


def test_two_mistakes_in_different_blocks_are_both_named():
    net = manual.CNN(image=(1, 8, 8), channels=(3, 4), kernel=3, classes=5)
    rng = np.random.default_rng(0)
    params = {name: p + 0.3 * rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
    x, y = rng.standard_normal((6, 64)), rng.integers(0, 5, 6)
    both = catalogue()["conv-overlap-overwritten"].planted(net, [2])
    both = catalogue()["batchnorm-unbiased"].planted(both, [1])
    report = check_gradients(both.loss_and_grads, params, x, y, network=net, witnesses=("torch",))
    named = {(f.array, id) for f in report.findings for id in f.one_of}
    assert named == {("beta1", "conv-overlap-overwritten"), ("W1", "batchnorm-unbiased")}


def test_equal_patches_stay_tied_when_rounding_is_measured():
    """Equal operands round equally: else measuring the rounding of what gives all to every tie would break the ties."""
    rounding = Rounding(0)
    moved = np.asarray(noisy(np.repeat([1.0, 3.0, -7.0, 0.1], 50), rounding))
    values = [set(moved[k * 50 : (k + 1) * 50]) for k in range(4)]
    assert [len(v) for v in values] == [1] * 4
    several = np.asarray(noisy(np.linspace(1, 2, 1000), rounding)) > np.linspace(1, 2, 1000)
    assert 0.4 <= several.mean() <= 0.6


@pytest.mark.parametrize("seed", range(3))
def test_a_drawn_network_is_small_and_its_parameters_are_none_of_them_0(seed):
    drawn = networks.NETWORKS["cnn"].draw(np.random.default_rng(seed))
    assert all(p.all() for p in drawn.params.values())
    assert len(drawn.x) == len(drawn.y) > 1
    assert sum(p.size for p in drawn.params.values()) < 2000
