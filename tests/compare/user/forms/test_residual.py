"""A script that computes no loss: that of its residual whose derivative its gradients are."""

from pathlib import Path

import pytest

from compare.common.errors import UserError

from .judged import is_placed, is_right, mistaken, report_on

TEXT = (Path(__file__).parent / "cases" / "residual_alone.py").read_text()
PRINTED = 'print("Error:" + str(np.mean(np.abs(l2_error))))'


@pytest.mark.parametrize("printed", [PRINTED, "print(j, np.mean(np.abs(l2_error)))", "pass"])
def test_the_residual_tells_the_loss_where_none_or_a_distance_is_printed(tmp_path, printed):
    taken = is_right(TEXT.replace(PRINTED, printed), tmp_path).about["taken"]
    assert "loss `0.5 * ((l2 - y) ** 2).sum()`" in taken
    assert "of the usual losses of `y - l2` it fits best" in taken


def test_a_sigmoid_whose_residual_goes_straight_back_has_a_cross_entropy(tmp_path):
    made, _ = mistaken(TEXT, "l2_delta = l2_error * nonlin(l2, deriv=True)", "l2_delta = l2_error / len(y)")
    assert "np.log" in is_right(made, tmp_path).about["taken"]


def test_what_one_array_fits_places_the_mistake_in_the_others(tmp_path):
    right, wrong = "l1_delta = l1_error * nonlin(l1, deriv=True)", "l1_delta = l1_error * l1"
    is_placed(TEXT, right, wrong, tmp_path)


def test_where_no_array_fits_the_line_to_add_is_in_the_scripts_names(tmp_path):
    made, _ = mistaken(TEXT, "l2_error * nonlin(l2, deriv=True)", "l2_error * l2")
    with pytest.raises(UserError, match=r"loss = 0\.5 \* \(\(l2 - y\) \*\* 2\)\.sum\(\)"):
        report_on(made, tmp_path)


def test_a_loss_that_is_printed_stays_the_loss_though_the_gradient_is_that_of_another(tmp_path):
    made = TEXT.replace(PRINTED, "print(j, -np.mean(y * np.log(l2) + (1 - y) * np.log(1 - l2)))")
    assert not report_on(made, tmp_path).ok


def test_a_method_that_makes_a_step_without_a_loss_is_read_too(tmp_path):
    text = (Path(__file__).parent / "cases" / "step_without_a_loss.py").read_text()
    taken = is_right(text, tmp_path).about["taken"]
    assert "loss `0.5 * ((final_outputs - targets) ** 2).sum()`" in taken and "of `train`" in taken
    right = "numpy.dot(self.who.T, output_errors * final_outputs * (1.0 - final_outputs))"
    is_placed(text, right, "numpy.dot(self.who.T, output_errors)", tmp_path)


@pytest.mark.parametrize(
    ("case", "loss", "right", "wrong"),
    [
        (
            "residual_of_an_object",
            "((nn.output - nn.y) ** 2).sum()",
            "* sigmoid_derivative(self.layer1)))",
            "* sigmoid_derivative(self.output)))",
        ),
        ("adjustments", "0.5 * ((output - training_outputs) ** 2).sum()", "", ""),
    ],
)
def test_updates_without_a_learning_rate_are_read_by_the_residual(tmp_path, case, loss, right, wrong):
    text = (Path(__file__).parent / "cases" / f"{case}.py").read_text()
    assert f"loss `{loss}`" in is_right(text, tmp_path).about["taken"]
    if right:
        is_placed(text, right, wrong, tmp_path)
