"""A torch.nn.Module as a witness, whatever it calls its parameters and however the person lays theirs out."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import threeways
from compare.checks.gradients import check_gradients
from compare.common.errors import UserError
from compare.user.modules import module_loss, pairs

N = 6


class Two(nn.Module):
    """fc1, tanh, fc2: logits."""

    def __init__(self, sizes=(4, 5, 3), bias=True):
        super().__init__()
        self.fc1 = nn.Linear(sizes[0], sizes[1], bias)
        self.fc2 = nn.Linear(sizes[1], sizes[2], bias)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


def parameters(sizes=(4, 5, 3), dtype="float64"):
    rng = np.random.default_rng(0)
    params = {}
    for l in (1, 2):
        params[f"W{l}"] = rng.standard_normal((sizes[l], sizes[l - 1])).astype(dtype)
        params[f"b{l}"] = rng.standard_normal(sizes[l]).astype(dtype)
    return params, rng.standard_normal((N, sizes[0])).astype(dtype), rng.integers(0, sizes[2], N)


def by_hand(params, x, y, wrong=1.0, mean=True):
    """Cross-entropy of logits by hand, W [out, in]; `wrong` multiplies db1."""
    hidden = np.tanh(x @ params["W1"].T + params["b1"])
    z = hidden @ params["W2"].T + params["b2"]
    z = z - z.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    count = np.asarray(len(x) if mean else 1, x.dtype)
    rows = np.arange(len(x))
    loss = -np.log(p[rows, y]).sum() / count
    p[rows, y] -= 1
    delta2 = p / count
    delta1 = (delta2 @ params["W2"]) * (1 - hidden**2)
    grads = {"W1": delta1.T @ x, "b1": wrong * delta1.sum(0), "W2": delta2.T @ hidden, "b2": delta2.sum(0)}
    return loss, grads


def transposed(params):
    return {n: p.T if n[0] == "W" else p for n, p in params.items()}


def statuses(report):
    return {v.name: v.status for v in report.verdicts}


def test_a_module_is_a_witness_by_the_order_of_its_layers():
    report = check_gradients(by_hand, *parameters(), torch_loss=module_loss(Two().double(), F.cross_entropy))
    assert report.ok and report.loss.status == "agree" and "torch" in report["W1"].values
    said = "; ".join(report.about["assumed"])
    assert "W1 is the module's fc1.weight" in said and "b2 is the module's fc2.bias" in said


def test_it_has_the_public_name():
    assert threeways.module_loss is module_loss


def test_the_module_keeps_its_own_parameters():
    module = Two()
    before = {n: p.detach().clone() for n, p in module.named_parameters()}
    check_gradients(by_hand, *parameters(), torch_loss=module_loss(module, F.cross_entropy))
    assert all(torch.equal(p, before[n]) and p.grad is None for n, p in module.named_parameters())


def test_a_wrong_gradient_is_wrong_beside_the_module_too():
    def hand(params, x, y):
        return by_hand(params, x, y, wrong=1.001)

    report = check_gradients(hand, *parameters(), torch_loss=module_loss(Two(), F.cross_entropy))
    assert statuses(report) == {"W1": "agree", "b1": "wrong", "W2": "agree", "b2": "agree"}


def test_weights_as_in_times_out_are_transposed_and_it_is_said():
    params, x, y = parameters()

    def hand(params, x, y):
        loss, grads = by_hand(transposed(params), x, y)
        return loss, transposed(grads)

    report = check_gradients(hand, transposed(params), x, y, torch_loss=module_loss(Two(), F.cross_entropy))
    assert report.ok and "W1 is the module's fc1.weight, transposed" in "; ".join(report.about["assumed"])


@pytest.mark.parametrize("turned", [False, True])
def test_square_weights_stand_as_the_persons_loss_says(turned):
    params, x, y = parameters((4, 4, 4))

    def hand(params, x, y):
        loss, grads = by_hand(transposed(params) if turned else params, x, y)
        return loss, transposed(grads) if turned else grads

    report = check_gradients(hand, params, x, y, torch_loss=module_loss(Two((4, 4, 4)), F.cross_entropy))
    assert report.ok, str(report)
    assert ("transposed" in "; ".join(report.about["assumed"])) == turned


def test_columns_and_one_hot_labels_are_brought_to_the_module():
    params, x, y = parameters()
    params = {n: p if n[0] == "W" else p[:, None] for n, p in params.items()}

    def hand(params, x, y):
        flat = {n: p if n[0] == "W" else p[:, 0] for n, p in params.items()}
        loss, grads = by_hand(flat, x.T, y.argmax(0))
        return loss, {n: g if n[0] == "W" else g[:, None] for n, g in grads.items()}

    report = check_gradients(
        hand, params, x.T, np.eye(3)[y].T, torch_loss=module_loss(Two(), F.cross_entropy)
    )
    assert report.ok and "the module gets x transposed" in report.about["assumed"]


def test_pairs_and_nests_are_understood():
    params, x, y = parameters()
    listed = [(params["W1"], params["b1"]), (params["W2"], params["b2"])]

    def hand(pairs, x, y):
        (W1, b1), (W2, b2) = pairs
        loss, g = by_hand({"W1": W1, "b1": b1, "W2": W2, "b2": b2}, x, y)
        return loss, [(g["W1"], g["b1"]), (g["W2"], g["b2"])]

    assert check_gradients(hand, listed, x, y, torch_loss=module_loss(Two(), F.cross_entropy)).ok


def test_a_state_dict_may_be_the_parameters():
    _, x, y = parameters()
    module = Two().double()
    state = {n: p.detach().numpy() for n, p in module.state_dict().items()}
    mine = {"fc1.weight": "W1", "fc1.bias": "b1", "fc2.weight": "W2", "fc2.bias": "b2"}

    def hand(params, x, y):
        loss, grads = by_hand({mine[n]: p for n, p in params.items()}, x, y)
        return loss, {n: grads[m] for n, m in mine.items()}

    report = check_gradients(hand, state, x, y, torch_loss=module_loss(module, F.cross_entropy))
    assert report.ok and statuses(report).keys() == mine.keys()


def test_names_are_taken_where_they_are_given():
    loss = module_loss(
        Two(), F.cross_entropy, {"W1": "fc1.weight", "b1": "fc1.bias", "W2": "fc2.weight", "b2": "fc2.bias"}
    )
    assert check_gradients(by_hand, *parameters(), torch_loss=loss).ok


def test_a_float32_module_judges_float64_arrays_and_it_is_one_line():
    report = check_gradients(by_hand, *parameters(), torch_loss=module_loss(Two(), F.cross_entropy))
    lines = [line for line in report.about["assumed"] if "float32" in line]
    assert lines == ["the module is float32; your float64 arrays are used in it, in float64"]
    assert report["W1"].error < 1e-14


def test_float32_arrays_are_judged_as_such():
    report = check_gradients(
        by_hand, *parameters(dtype="float32"), torch_loss=module_loss(Two(), F.cross_entropy)
    )
    assert report.ok and report["W1"].status == "agree"


def test_a_module_that_casts_inside_is_refused_in_a_line():
    class Casting(Two):
        def forward(self, x):
            return super().forward(x.float())

    with pytest.raises(UserError, match="cannot be called with these x and y: RuntimeError") as refused:
        check_gradients(by_hand, *parameters(), torch_loss=module_loss(Casting(), F.cross_entropy))
    assert len(str(refused.value).splitlines()) == 1


def test_a_summed_loss_beside_a_module_with_the_mean_is_a_convention():
    def hand(params, x, y):
        return by_hand(params, x, y, mean=False)

    report = check_gradients(hand, *parameters(), torch_loss=module_loss(Two(), F.cross_entropy))
    assert report.ok and report.exit_code == 0 and report.loss.status == "convention"
    assert set(statuses(report).values()) == {"convention"}
    assert "your loss is 6 times torch's" in report.loss.reason


def test_a_module_that_is_the_loss_is_taken_as_it_is():
    class Whole(Two):
        def forward(self, x, y):
            return F.cross_entropy(super().forward(x), y)

    assert check_gradients(by_hand, *parameters(), torch_loss=Whole()).ok
    with pytest.raises(UserError, match="module_loss"):
        check_gradients(by_hand, *parameters(), torch_loss=_OnlyX())


class _OnlyX(Two):
    def forward(self, x, y):
        return super().forward(x)


class Recurrent(nn.Module):
    """One step of torch's recurrent cell from h = 0: two biases, whose sum is the one of the books."""

    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(4, 3)

    def forward(self, x):
        return self.cell(x, torch.ones(len(x), 3, dtype=x.dtype))


def test_of_two_biases_the_first_stands_for_the_sum_and_the_second_is_held_at_0():
    rng = np.random.default_rng(0)
    params = {
        "Wx": rng.standard_normal((3, 4)),
        "Wh": rng.standard_normal((3, 3)),
        "b": rng.standard_normal(3),
    }
    x, y = rng.standard_normal((N, 4)), rng.standard_normal((N, 3))

    def hand(params, x, y):
        h = np.ones((len(x), 3))
        a = np.tanh(x @ params["Wx"].T + h @ params["Wh"].T + params["b"])
        delta = 2 * (a - y) / a.size * (1 - a**2)
        return np.mean((a - y) ** 2), {"Wx": delta.T @ x, "Wh": delta.T @ h, "b": delta.sum(0)}

    report = check_gradients(hand, params, x, y, torch_loss=module_loss(Recurrent(), F.mse_loss))
    said = "; ".join(report.about["assumed"])
    assert report.ok and "b is the module's cell.bias_ih" in said and "cell.bias_hh is held at 0" in said


def test_biases_that_the_person_has_not_are_held_at_0():
    params, x, y = parameters()
    weights = {n: p for n, p in params.items() if n[0] == "W"}

    def hand(weights, x, y):
        loss, grads = by_hand(weights | {n: 0 * params[n] for n in ("b1", "b2")}, x, y)
        return loss, {n: g for n, g in grads.items() if n in weights}

    report = check_gradients(hand, weights, x, y, torch_loss=module_loss(Two(), F.cross_entropy))
    assert report.ok and "the module's fc1.bias is held at 0" in report.about["assumed"]


def test_dropout_is_noticed():
    module = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5), nn.Linear(3, 3))
    params = {n: p for n, p in parameters((4, 3, 3))[0].items()}
    with pytest.raises(UserError, match=r"call module.eval\(\)"):
        check_gradients(
            by_hand, params, *parameters((4, 3, 3))[1:], torch_loss=module_loss(module, F.cross_entropy)
        )


@pytest.mark.parametrize(
    "module, names, words",
    [
        (nn.Linear(4, 3), None, "do not pair"),
        (Two((4, 6, 3)), None, "W1 has shape (5, 4); the module's fc1.weight has (6, 4)"),
        (Two(bias=False), None, "b1, b2: no parameter of the module"),
        (Two(), {"V": "fc1.weight"}, "you have no parameter 'V'"),
        (Two(), {"W1": "fc9.weight"}, "the module has no parameter 'fc9.weight'"),
    ],
)
def test_parameters_that_do_not_pair_are_refused(module, names, words):
    with pytest.raises(UserError) as refused:
        pairs(parameters()[0], dict(module.named_parameters()), names)
    assert words in str(refused.value)


def test_what_is_no_module_is_refused():
    with pytest.raises(UserError, match=r"nn\.Module is needed"):
        module_loss(lambda x: x)


def test_the_example_of_the_page_on_checking_runs():
    root = Path(threeways.__file__).parent
    page = (root / "docs" / "checking.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("RIGHT  All 4 arrays are the gradient of your loss.")
    assert "W1 is the module's 0.weight, transposed" in done.stdout
