"""Whole files in the styles of public code: each is RIGHT, and a planted line is found.  The files are in cases/."""

from pathlib import Path

import pytest

from .judged import is_placed, is_right, mistaken, report_on

CASES = Path(__file__).parent / "cases"

PLANTED = {
    "trained_in_main": ("(1 - self.a1 ** 2)", "(1 - self.a1) ** 2"),
    "optimizer_steps": ("self.db = dout.sum(axis=0)", "self.db = dout.mean(axis=0)"),
    "three_functions_in_main": ("1 - np.power(A1, 2)", "1 + np.power(A1, 2)"),
    "zero_start": ("grad = X.T @ s + alpha * w", "grad = X.T @ s + 2 * alpha * w"),
    "lists_of_weights": ("dbs[i] = delta.sum(axis=0)", "dbs[i] = delta.mean(axis=0)"),
    "dataclass_net": ('"b1": d_z.sum(axis=0),', '"b1": d_z.mean(axis=0),'),
    "spirals_on_a_kink": ("dW += args.reg * W", "dW -= args.reg * W"),
    "data_missing": ("self.db1 = dh.sum(0)", "self.db1 = dh.mean(0)"),
    "setattr_updates": ("self.dbias = dout.sum(axis=(0, 2, 3))", "self.dbias = dout.mean(axis=(0, 2, 3))"),
    "number_as_bias": ("db = (1 / n_samples)", "db = (1 / n_features)"),
    "estimator": ("grad_intercept = error.mean()", "grad_intercept = error.sum()"),
    "torch_line_by_line": ("dcounts_sum = (-counts_sum**-2)", "dcounts_sum = (counts_sum**-2)"),
    "layers_by_functions": ("np.sum(dZ, axis=1, keepdims=True)", "np.sum(dZ, axis=1, keepdims=True) * m"),
    "engine_with_value": ("other.grad += self.value * out.grad", "other.grad += other.value * out.grad"),
    "text_missing": ("dh_next = W.T @ dz", "dh_next = W @ dz"),
    "two_losses": ("d_f = df / batch", "d_f = (df - 1) / batch"),
    "step_in_backprop": ("dl_dw2 = np.outer(h, err)", "dl_dw2 = np.outer(h, -err)"),
    "params_dataclass": ("(cache.out - target) / target.size", "(cache.out - target) / len(target)"),
    "layers_in_a_dict": ("keepdims=True) / m}", "keepdims=True)}"),
    "steps_on_globals": ("np.sum(delta_hidden, axis=0", "np.mean(delta_hidden, axis=0"),
    "train_alone": ("(output_delta, hidden_outputs.T)", "(errors, hidden_outputs.T)"),
    "image_by_image": ("d_L_d_filters[f] += d_L", "d_L_d_filters[f] = d_L"),
    "step_by_layer": ("db = delta.sum(axis=0, keepdims=True)", "db = delta.mean(axis=0, keepdims=True)"),
    "lists_in_fit": ("d_out = err / len(xb)", "d_out = 2 * err / len(xb)"),
    "sequence_by_sequence": ("d_h = self.Whh.T @ temp", "d_h = self.Whh @ temp"),
    "slices_of_weights": ("self.eta * X.T.dot(errors)", "self.eta * X.T.dot(output)"),
    "two_dicts": ("(1 + np.exp(-z0))\n    dW", "(1 + np.exp(z0))\n    dW"),
    "starts_at_one": ("np.dot(r, -a * t * e)", "np.dot(r, -t * e)"),
    "penalty_by_default": ("+ 2 * reg * W2", "+ reg * W2"),
    "activations_appended": ("dW = activations[i].T @ delta", "dW = activations[i].T @ delta / len(X)"),
    "line_fit": ("D_c = (-2 / n)", "D_c = (-1 / n)"),
    "zero_grad": (
        "np.where(self.x > 0, 1, self.alpha * np.exp(self.x))",
        "np.where(self.x > 0, 1, np.exp(self.x))",
    ),
    "velocities": ("grad_out = 2 * error / len(inputs)", "grad_out = error / len(inputs)"),
    "nested_lists": ("* w2[j] * h[j] * (1 - h[j])", "* w2[j] * (1 - h[j])"),
    "nested_lists_in_a_class": ("* (1 - prev[j] ** 2)", "* (1 - prev[j])"),
    "batches_of_a_generator": ("dz0 = dh0 * relu_grad(z0)", "dz0 = dh0 * relu_grad(z1)"),
    "properties": ("delta = (A - Y) / m * (1 - A**2)", "delta = (A - Y) / m"),
    "passed_to_scipy": ("+ 2 * ridge * beta", "+ ridge * beta"),
    "torch_training_loop": ("grad_w2 = h_relu.t()", "grad_w2 = h.t()"),
    "called_with_other_names": ("svm_loss_naive", "dW[:, y[i]] -= X[i, :]", "dW[:, y[i]] += X[i, :]"),
}


SEARCHED = {"engine_with_value", "layers_in_a_dict", "image_by_image"}  # the line is known by its change


@pytest.fixture(params=[pytest.param(n, marks=pytest.mark.lines) if n in SEARCHED else n for n in PLANTED])
def case(request, monkeypatch):
    """The text of a file, the function that is meant, and the line to plant."""
    if request.param.startswith("torch_"):
        pytest.importorskip("torch")
    monkeypatch.setattr("sys.argv", ["mine.py"])
    *function, right, wrong = PLANTED[request.param]
    return (CASES / f"{request.param}.py").read_text(), next(iter(function), None), right, wrong


def test_a_right_file_is_right_and_a_planted_line_is_found(case, tmp_path):
    text, function, right, wrong = case
    is_right(text, tmp_path, function)
    is_placed(text, right, wrong, tmp_path, function)


def test_what_zero_hides_is_found_at_other_values_and_said(tmp_path):
    text = (CASES / "zero_start.py").read_text()
    report = is_placed(text, *PLANTED["zero_start"], tmp_path)
    assert report.warnings[0].startswith("w is 0 in your file, where the mistake has no effect")


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    text = (CASES / "data_missing.py").read_text()
    taken = is_right(text, tmp_path).about["taken"]
    assert "without what raised FileNotFoundError" in taken and "was drawn" in taken


def test_what_zeros_and_ones_hide_is_found_at_other_values(tmp_path):
    text = (CASES / "starts_at_one.py").read_text()
    report = is_placed(text, *PLANTED["starts_at_one"], tmp_path)
    assert report.warnings[0].startswith("p0 is 0 or 1 in your file")


def test_a_penalty_that_its_default_leaves_out_is_switched_on_and_said(tmp_path):
    text = (CASES / "penalty_by_default.py").read_text()
    assert "the factor of the penalty is 0.1" in is_right(text, tmp_path).about["taken"]
    passed = text + "loss, grads = net.loss(np.ones((2, 4)), np.array([0, 1]), reg=0.3)\n"
    assert "0.1" not in is_right(passed, tmp_path).about["taken"]


def test_a_penalty_that_the_gradient_does_not_take_stays_at_its_default(tmp_path):
    apart = (
        "import numpy as np\nX, y, theta = np.eye(3), np.ones(3), np.arange(3.0)\n"
        "def cost(theta, X, y, lam=0.0):\n    return ((X @ theta - y) ** 2).sum() + lam * (theta**2).sum()\n"
        "def gradient(theta, X, y):\n    return 2 * X.T @ (X @ theta - y)\n"
    )
    is_right(apart, tmp_path)


def test_a_sequence_that_shows_nothing_is_passed_over(tmp_path):
    text = (CASES / "sequence_by_sequence.py").read_text()
    report = is_right(text, tmp_path)
    assert all(v.values["hand"] for v in report.verdicts)  # of a sequence of one word Whh has none


def test_a_second_loss_of_a_loop_is_checked_after_the_first(tmp_path):
    text = (CASES / "two_losses.py").read_text()
    assert "checked before it, and right: loss `d_loss`" in is_right(text, tmp_path).about["taken"]
    made, _ = mistaken(text, "d_g = (df - 1) / batch", "d_g = df / batch")
    assert "loss `g_loss`" in report_on(made, tmp_path).about["taken"]


@pytest.mark.lines
def test_a_change_that_was_tried_leaves_the_users_objects_as_they_were(tmp_path):
    text = (CASES / "layers_in_a_dict.py").read_text()
    is_placed(text, "return dA * (Z > 0)", "return dA * Z", tmp_path)


@pytest.mark.lines
def test_the_line_of_a_loops_second_update_is_named(tmp_path):
    text = (CASES / "two_losses.py").read_text()
    right = "dG_b1 = d_zh.sum(axis=0, keepdims=True)"
    report = is_placed(text, right, right.replace("0", "1"), tmp_path)
    assert [found.fix["to"] for found in report.findings] == [right]
