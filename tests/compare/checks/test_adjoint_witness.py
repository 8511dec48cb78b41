"""The adjoint is the witness of a user's NumPy function, held against differences, at a few calls of the function."""

import struct

import numpy as np
import pytest

from compare.checks.bench.lines.corpus import functions, load
from compare.checks.gradients import check_gradients
from tests.compare.checks.test_directions import batch, sine

MOST_CALLS = 30  # the verdict on a right function; see README


def counted(function):
    def call(*given):
        call.calls += 1
        return function(*given)

    call.calls = 0
    return call


def test_the_adjoint_is_the_witness_of_a_function_that_is_recorded():
    report = check_gradients(sine, *batch())
    assert report.ok and report.about["witnesses"] == ["adjoint"]
    assert all(set(v.values) >= {"hand", "adjoint"} and v.error < 1e-13 for v in report.verdicts)


def test_every_entry_counts_against_the_adjoint():
    """3,458 parameters: differences alone would sample them."""
    params, x, y = batch()
    report = check_gradients(lambda p, x, y: sine(p, x, y, ("W1", (17, 33), 1e-9)), params, x, y)
    assert report["W1"].status == "wrong" and report["W1"].worst_index == (17, 33)


def test_without_a_record_differences_take_over_and_the_report_has_the_reason(unrecorded):
    report = check_gradients(sine, *batch())
    assert report.ok and report.about["witnesses"] == ["numerical"]
    assert report.about["not_followed"] == "the record is switched off"


def test_a_loss_that_leaves_numpy_is_differenced():
    def hand(params, x):
        z = x @ params["w"]
        numbers = struct.unpack(f"{z.size}d", np.asarray(z).tobytes())
        return sum(v * v for v in numbers), {"w": 2 * x.T @ z}

    report = check_gradients(hand, {"w": np.array([0.5, -1.0])}, np.array([[1.0, 2.0], [-3.0, 1.0]]))
    assert report.ok and report.about["witnesses"] == ["numerical"] and report.about["not_followed"]


def unseen(decay):
    """Return a function whose penalty leaves NumPy: the record takes it for a constant.  decay: of its gradient."""

    def hand(params, x, y):
        loss, grads = sine(params, x, y)
        w = params["W1"]
        penalty = sum(v * v for v in struct.unpack(f"{w.size}d", np.asarray(w).tobytes()))
        return loss + 0.5 * float(penalty), grads | {"W1": grads["W1"] + decay * w}

    return hand


def test_a_record_that_differences_contradict_is_reported_and_not_believed():
    report = check_gradients(unseen(1.0), *batch())
    assert report.ok and report.about["witnesses"] == ["numerical"]
    assert any("Differences are used in place of the record of your function" in w for w in report.warnings)
    assert "not recorded" in report.about["not_followed"]
    assert "in place of the record" in str(report)


def test_a_gradient_that_has_what_the_record_has_is_wrong_where_differences_contradict_both():
    report = check_gradients(unseen(0.0), *batch())
    assert report["W1"].status == "wrong" and report.about["witnesses"] == ["numerical"]


@pytest.mark.parametrize("name", ["siamese", "lstm_caches", "layernorm", "conv_im2col"])
def test_a_right_function_is_called_at_most_thirty_times(name):
    module = load(functions()[name].source)
    function = counted(module.backward)
    report = check_gradients(function, module.params, module.x, module.y)
    assert report.ok and report.about["witnesses"] == ["adjoint"]
    assert function.calls <= MOST_CALLS


def test_a_right_function_of_many_parameters_is_called_as_rarely():
    function = counted(sine)
    assert check_gradients(function, *batch()).ok
    assert function.calls <= MOST_CALLS


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_array_is_wrong_by_the_adjoint_in_both_types(dtype):
    params, x, y = batch(dtype)
    report = check_gradients(lambda p, x, y: sine(p, x, y, ("b2", (3,), 0.1)), params, x, y)
    assert {v.name for v in report.verdicts if v.status == "wrong"} == {"b2"} and report.exit_code == 1
