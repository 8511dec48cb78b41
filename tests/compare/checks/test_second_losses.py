"""A second loss, in NumPy or of a framework, beside the hand's own."""

import numpy as np
import pytest

import manual
from compare.checks.gradients import check_gradients
from compare.common.errors import UserError

NET = manual.MLP((3, 5, 2), ("tanh", "softmax"), "cross_entropy")


def batch():
    rng = np.random.default_rng(0)
    params = {n: p + 0.3 * rng.standard_normal(p.shape) for n, p in NET.init(rng).items()}
    return params, rng.standard_normal((8, 3)), rng.integers(0, 2, 8)


def right(params, x, y):
    return NET.loss_and_grads(params, x, y)


def wrong(params, x, y):
    loss, grads = right(params, x, y)
    return loss, grads | {"b1": grads["b1"] / 8}


def test_a_loss_in_numpy_is_a_witness_beside_differences():
    report = check_gradients(right, *batch(), numpy_loss=NET.loss)
    assert report.ok and report.loss.status == "agree" and "numpy_loss" in str(report)
    assert check_gradients(wrong, *batch(), numpy_loss=NET.loss)["b1"].status == "wrong"


def test_a_sum_for_a_mean_in_the_second_loss_is_a_convention():
    report = check_gradients(right, *batch(), numpy_loss=lambda *case: 8 * NET.loss(*case))
    assert report.ok and report.loss.status == "convention"
    assert "1/8 times numpy_loss's" in report.loss.reason


def test_a_loss_that_is_not_the_one_meant_gets_no_name_of_a_mistake_it_has_not():
    def decayed(params, x, y):
        return NET.loss(params, x, y) + 0.01 * (params["W1"] ** 2).sum()

    report = check_gradients(right, *batch(), numpy_loss=decayed)
    assert report.loss.status == "wrong" and report.exit_code == 1
    assert report.findings == [] and "numpy_loss's" in report.diagnosis


def raising(params, x, y):
    raise ValueError("no such thing")


@pytest.mark.parametrize(
    "options, said",
    [
        ({"numpy_loss": raising}, "numpy_loss raised ValueError: no such thing"),
        ({"numpy_loss": lambda *case: None}, "numpy_loss returned NoneType: one number is needed"),
        ({"torch_loss": lambda *case: 3.0}, "torch_loss returned float: a tensor of one number"),
        ({"torch_loss": "mse"}, "torch_loss is str: a function"),
        ({"network": "mlp"}, "network is str: a network of manual is needed"),
        ({"witnesses": "torch"}, "a tuple is needed, ('torch',)"),
        ({"witnesses": ("torhc",)}, "did you mean 'torch'?"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(options, said):
    with pytest.raises(UserError) as caught:
        check_gradients(right, *batch(), **options)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_the_lines_to_see_for_yourself_take_the_loss_from_where_the_hand_returns_it():
    def turned(params, x, y):
        loss, grads = wrong(params, x, y)
        return grads, loss

    report = check_gradients(turned, *batch())
    assert not report.ok and str(report).count("x, y)[1]   #") == 2
    assert str(check_gradients(wrong, *batch())).count("x, y)[0]   #") == 2


@pytest.mark.parametrize("loss", [5e-324, 1e-300, 1e-8, 1e8])
@pytest.mark.parametrize("reference", [{"network": NET}, {"numpy_loss": NET.loss}])
def test_a_loss_far_from_the_one_meant_is_no_convention(loss, reference):
    """A constant, or the true loss times it: beyond 1e-6 to 1e6 no factor of a batch, an output or a half."""
    params, x, y = batch()
    zeros = {n: np.full(a.shape, 5e-324) for n, a in params.items()}

    def scaled(params, x, y):
        value, grads = right(params, x, y)
        return loss * value, {n: loss * g for n, g in grads.items()}

    for hand in (lambda *case: (loss, zeros), scaled):
        report = check_gradients(hand, params, x, y, witnesses=(), **reference)
        assert report.loss.status == "wrong" and report.exit_code == 1


@pytest.mark.parametrize("factor", [1e-5, 1 / 60_000, 0.5, 16, 1e5])
def test_a_loss_and_its_gradient_scaled_alike_are_a_convention(factor):
    def scaled(params, x, y):
        value, grads = right(params, x, y)
        return factor * value, {n: factor * g for n, g in grads.items()}

    for reference in ({"network": NET}, {"numpy_loss": NET.loss}):
        assert check_gradients(scaled, *batch(), witnesses=(), **reference).loss.status == "convention"


def test_a_loss_that_looks_noisy_is_not_believed():
    """Half its digits may be rounding, not a hundredth: near ln 2 every loss of small weights is alike."""
    params, x, y = batch()
    params = {n: 1e-3 * a for n, a in params.items()}

    def noisy(params, x, y):
        jitter = 1e-3 * np.sin(1e12 * sum(a.sum() for a in params.values()))
        return np.log(2) * (1 + jitter), right(params, x, y)[1]

    assert check_gradients(noisy, params, x, y, network=NET, witnesses=()).loss.status == "wrong"
