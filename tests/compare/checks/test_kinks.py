"""Samples on a kink are counted and excused; the rest of the batch is judged, and a mistake in it has its name."""

import numpy as np
import pytest

import manual
from compare.checks.gradients import check_gradients
from compare.checks.kinks import fitted

NET = manual.MLP((3, 5, 2), ("relu", "softmax"), "cross_entropy")


def batch(dtype="float64"):
    """Samples 1 and 6 put unit 2 of layer 1 exactly at 0: it subtracts their two equal features."""
    rng = np.random.default_rng(0)
    params = {n: p + 0.3 * rng.standard_normal(p.shape) for n, p in NET.init(rng).items()}
    x, y = rng.standard_normal((8, 3)), rng.integers(0, 2, 8)
    params["W1"][2], params["b1"][2] = (1, -1, 0), 0
    x[1], x[6] = (2, 2, 0.3), (-1, -1, 1.7)
    return {n: p.astype(dtype) for n, p in params.items()}, x.astype(dtype), y


class ReluTakesOne(manual.MLP):
    """The derivative of relu at 0 is 1 here; every framework takes 0."""

    slope = 1.0

    def through_activation(self, l, da, p):
        if self.activations[l - 1] != "relu":
            return super().through_activation(l, da, p)
        return da * ((p.z[l] > 0) + self.slope * (p.z[l] == 0)).astype(da.dtype)


class ReluTakesAHalf(ReluTakesOne):
    slope = 0.5  # maximum(z, 0), as both frameworks have that


class ReluTakesThreeTenths(ReluTakesOne):
    slope = 0.3


class ReluTakesSeven(ReluTakesOne):
    slope = 7.0


class ReluTakesLess(ReluTakesOne):
    slope = -0.5


class AndBiasAveraged(ReluTakesOne):
    def bias_gradient(self, l, p):
        return p.delta[l].mean(axis=0) if l == 1 else super().bias_gradient(l, p)


def hand(cls):
    return cls(NET.sizes, NET.activations, NET.criterion).loss_and_grads


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


FORMS = [{}, {"network": NET, "witnesses": ("torch",)}, {"network": NET}]
each_form = pytest.mark.parametrize("form", FORMS, ids=["recognised", "given", "all witnesses"])
each_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


@each_form
@each_dtype
@pytest.mark.parametrize(
    "cls, slope", [(ReluTakesOne, "1"), (ReluTakesAHalf, "0.5"), (ReluTakesThreeTenths, "0.3")]
)
def test_another_subgradient_at_the_kink_is_right_and_is_named(cls, slope, dtype, form):
    report = check_gradients(hand(cls), *batch(dtype), **form)
    assert statuses(report) == {"W1": "kink", "b1": "kink", "W2": "agree", "b2": "agree"}
    assert report.ok and report.exit_code == 0 and report.diagnosis is None
    assert f"2 of 8 samples on a kink: your derivative there is {slope}, torch takes 0" in report["W1"].reason
    assert report.to_dict()["about"]["kinks"]["samples"] == 2


@each_form
@each_dtype
@pytest.mark.parametrize("cls, slope", [(ReluTakesSeven, "7"), (ReluTakesLess, "-0.5")])
def test_what_no_subgradient_allows_is_wrong_on_a_kink_too(cls, slope, dtype, form):
    report = check_gradients(hand(cls), *batch(dtype), **form)
    assert statuses(report) == {"W1": "wrong", "b1": "wrong", "W2": "agree", "b2": "agree"}
    assert report.exit_code == 1 and f"relu at its kink is {slope} in yours" in report.diagnosis


@pytest.mark.parametrize("cls", [ReluTakesSeven, ReluTakesLess])
def test_values_on_kinks_alone_are_not_excused_by_a_slope_that_no_subgradient_allows(cls):
    params, x, y = batch()
    x[:] = x[[1, 6] * 4]
    report = check_gradients(hand(cls)(params, x, y)[1], params, x, y, network=NET, witnesses=("torch",))
    assert report["W1"].status == "wrong" and report.exit_code == 1


@each_form
@each_dtype
def test_a_mistake_beside_the_kink_is_wrong_and_has_its_name(dtype, form):
    report = check_gradients(hand(AndBiasAveraged), *batch(dtype), **form)
    assert statuses(report) == {"W1": "kink", "b1": "wrong", "W2": "agree", "b2": "agree"}
    assert [f.one_of for f in report.findings] == [("bias-averaged",)] and report.exit_code == 1
    assert "2 of 8 samples" in report.warnings[0]


@each_form
def test_the_frameworks_own_choice_agrees_on_a_kink(form):
    report = check_gradients(hand(manual.MLP), *batch(), **form)
    assert set(statuses(report).values()) == {"agree"} and "judged by the other 6" in report.warnings[0]


def test_the_samples_that_stand_in_for_those_on_a_kink_are_told():
    report = check_gradients(hand(AndBiasAveraged), *batch())
    assert report.about["kinks"]["keep"] == [0, 2, 3, 4, 5, 7, 0, 2]
    assert "keep = np.resize(np.delete(np.arange(8), [1, 6]), 8); x, y =" in str(report)


@pytest.mark.parametrize("cls, status", [(ReluTakesOne, "kink"), (manual.MLP, "agree")])
def test_gradients_as_values_may_choose_a_subgradient_too(cls, status):
    params, x, y = batch()
    report = check_gradients(hand(cls)(params, x, y)[1], params, x, y, network=NET, witnesses=("torch",))
    assert statuses(report) == {"W1": status, "b1": status, "W2": "agree", "b2": "agree"} and report.ok


def test_a_mistake_in_values_is_not_excused_by_the_kink():
    params, x, y = batch()
    wrong = hand(AndBiasAveraged)(params, x, y)[1]
    report = check_gradients(wrong, params, x, y, network=NET, witnesses=("torch",))
    assert report["W1"].status == "kink" and report["b1"].status == "wrong" and report.exit_code == 1


def test_a_batch_that_is_nothing_but_kinks_passes_with_a_derivative_that_some_subgradient_explains():
    params, x, y = batch()
    x[:] = x[[1, 6] * 4]
    report = check_gradients(hand(ReluTakesOne), params, x, y, network=NET, witnesses=("torch",))
    assert report.ok and report["W1"].status == "kink" and "8 of 8" in report["W1"].reason


def test_columns_leave_their_kinks_out_too():
    params, x, y = batch()
    params = {n: p[:, None] if n[0] == "b" else p for n, p in params.items()}

    def columns(params, x, y):
        loss, grads = hand(AndBiasAveraged)(
            {n: p[:, 0] if n[0] == "b" else p for n, p in params.items()}, x.T, y
        )
        return loss, {n: g[:, None] if n[0] == "b" else g for n, g in grads.items()}

    report = check_gradients(columns, params, x.T, y)
    assert "samples are columns" in report.recognised
    assert statuses(report) == {"W1": "kink", "b1": "wrong", "W2": "agree", "b2": "agree"}


def absolute(params, x, y, at_zero=1.0, wrong=0.0):
    """sum of |x w|: a loss of no known network, with a kink in one entry."""
    z = x * params["w"]
    slope = np.where(z > 0, 1.0, np.where(z < 0, -1.0, at_zero))
    grad = (slope * x).sum(axis=0)
    grad[1] += wrong
    return np.abs(z).sum(), {"w": grad}


def test_without_a_network_a_kink_is_an_entry_between_its_two_sides():
    params, x = {"w": np.array([0.0, 0.7, -1.2])}, np.random.default_rng(1).standard_normal((6, 3))
    report = check_gradients(absolute, params, x, np.zeros(6))
    assert report["w"].status == "kink" and report.ok


def test_without_a_network_a_kink_excuses_no_other_entry_of_its_array():
    params, x = {"w": np.array([0.0, 0.7, -1.2])}, np.random.default_rng(1).standard_normal((6, 3))
    report = check_gradients(lambda p, x, y: absolute(p, x, y, wrong=0.01), params, x, np.zeros(6))
    assert report["w"].status == "wrong" and report.exit_code == 1


@each_form
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_kink_excuses_a_gradient_that_is_no_number(value, form):
    def divided(params, x, y):
        loss, grads = hand(manual.MLP)(params, x, y)
        bad = np.where((x @ params["W1"].T + params["b1"] == 0).any(), value, 0)
        return loss, grads | {"b1": grads["b1"] + bad}

    report = check_gradients(divided, *batch(), **form)
    assert report["b1"].status == "nonfinite" and not report.ok and report.exit_code == 1
    assert "through a sample on a kink" in report.diagnosis and str(report).startswith("WRONG  b1[0] is")


def test_what_a_kink_does_not_move_is_not_excused_by_it_however_little_it_is_off():
    params, x, y = batch()
    grads = hand(ReluTakesOne)(params, x, y)[1]
    off = grads | {"W2": grads["W2"] * (1 + 1e-9)}
    report = check_gradients(off, params, x, y, network=NET, witnesses=("torch",))
    assert statuses(report) == {"W1": "kink", "b1": "kink", "W2": "wrong", "b2": "agree"}


@pytest.mark.parametrize("size", [1.0, 1e-200, 5e-324])
def test_the_slope_at_the_kinks_is_fitted_where_squares_underflow(size):
    zero, one = {"W": np.zeros(2)}, {"W": np.array([size, 2 * size])}
    assert fitted(one, zero, one) == 1
    assert fitted(zero, zero, one) == 0


def test_no_slope_is_fitted_where_it_would_be_infinite():
    zero, one = {"W": np.zeros(1)}, {"W": np.array([1e-300])}
    assert fitted({"W": np.array([1e300])}, zero, one) is None
