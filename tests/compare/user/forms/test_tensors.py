"""Functions, objects and modules on torch tensors: they are called with tensors, and torch differentiates their loss.

A function of jax's arrays beside them: for neither a run is recorded, and the line is found by its change.
"""

from pathlib import Path

import pytest

from compare.checks.gradients import check_gradients

from .judged import mistaken, report_on

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.lines
CASES = Path(__file__).parent / "cases"
PLANTED = {
    "torch_two_layer": [("    dh[h1 <= 0] = 0\n", "\n")],
    "torch_layers": [
        ("self.db = dout.sum(0)", "self.db = dout.mean(0)"),
        ("(1 - self.out**2)", "(1 - self.out)"),
    ],
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_right_file_is_right_by_torch_and_a_planted_line_is_found(name, tmp_path):
    text = (CASES / f"{name}.py").read_text()
    right = report_on(text, tmp_path)
    assert right.ok
    assert "torch" in right.about["witnesses"]
    for planted in PLANTED[name]:
        made, line = mistaken(text, *planted)
        report = report_on(made, tmp_path)
        assert not report.ok
        # What is left out may be made up for in the line above it.
        assert report.findings[0].line in (line, line - 1)
        assert report.findings[0].fix


def by_hand(net, x, y):
    h = net[1](net[0](x))
    out = net[2](h)
    d = 2 * (out - y) / y.numel()
    dh = d @ net[2].weight * (1 - h**2)
    loss = ((out - y) ** 2).mean()
    return loss, {"0.weight": dh.T @ x, "0.bias": dh.sum(0), "2.weight": d.T @ h, "2.bias": d.sum(0)}


def test_a_module_comes_with_tensors_and_its_entry_is_moved_in_a_copy():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    assert check_gradients(by_hand, net, x, y).ok
    report = check_gradients(lambda net, x, y: (by_hand(net, x, y)[0], by_hand(net, x, 0 * y)[1]), net, x, y)
    assert not report.ok
    assert "p_up.get_parameter('" in str(report)


def test_the_lines_that_reproduce_an_entry_run_on_tensors():
    params = {"w": torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)}
    x, y = torch.eye(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)

    def hand(params, x, y):
        e = x @ params["w"] - y
        return (e**2).sum(), {"w": x.T @ e}

    shown = str(check_gradients(hand, params, x, y)).split("See for yourself:\n")[1].splitlines()
    lines = [line.strip() for line in shown[:3]]
    names = {"torch": torch, "params": params, "x": x, "y": y, "hand": hand}
    exec("\n".join(lines), names)
    i = int(lines[0].split("e[")[1].split("]")[0])
    slope = (names["up"] - names["down"]) / (2 * names["h"])
    assert float(slope) == pytest.approx(float(2 * (params["w"] - y)[i]), rel=1e-6)


def test_a_pass_that_writes_into_its_forward_values_is_differentiated_all_the_same():
    params = {"w": torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).double()}
    x = torch.linspace(-1, 1, 20).reshape(5, 4).double()
    y = torch.tensor([0, 2, 1, 1, 0])

    def hand(params, x, y):
        p = torch.softmax(x @ params["w"], dim=1)
        loss = -torch.log(p[torch.arange(5), y]).mean()
        p[torch.arange(5), y] -= 1
        return loss, {"w": x.T @ p / 5}

    report = check_gradients(hand, params, x, y)
    assert report.ok
    assert "torch" in report.about["witnesses"]


def test_a_line_of_a_function_of_jax_is_found_by_its_change(tmp_path):
    pytest.importorskip("jax")
    text = """\
import jax.numpy as jnp
import numpy as np
rng = np.random.default_rng(0)
params = {"W": jnp.asarray(rng.normal(size=(3, 2))), "b": jnp.asarray(rng.normal(size=2))}
x, y = jnp.asarray(rng.normal(size=(5, 3))), jnp.asarray(rng.normal(size=(5, 2)))

def backward(params, x, y):
    a = jnp.tanh(x @ params["W"] + params["b"])
    delta = (a - y) * (1 - a) / len(x)
    return 0.5 * jnp.mean(jnp.sum((a - y) ** 2, axis=1)), {"W": x.T @ delta, "b": delta.sum(0)}
"""
    report = report_on(text, tmp_path)
    assert report.findings[0].fix["to"] == "delta = (a - y) * (1 - a ** 2) / len(x)"


def regression(params, x, y, told):
    e = x @ params["w"] + params["b"] - y
    return told((e**2).mean(), 2 * x.T @ e / len(y), 2 * e.mean().reshape(1))


@pytest.mark.parametrize(
    ("told", "by_torch"),
    [
        (lambda loss, dw, db: (float(loss), dw, db), False),  # db has one entry too, and is no loss
        (lambda loss, dw, db: (loss, dw, db), True),
        (lambda loss, dw, db: {"loss": loss, "grads": {"w": dw, "b": db}}, True),
    ],
)
def test_torch_differentiates_the_loss_and_no_gradient_of_one_entry(told, by_torch):
    torch.manual_seed(1)
    params = {"w": torch.randn(3).double(), "b": torch.randn(1).double()}
    report = check_gradients(
        lambda *given: regression(*given, told), params, torch.randn(6, 3).double(), torch.randn(6).double()
    )
    assert report.ok, str(report)
    assert ("torch" in report.about["witnesses"]) == by_torch


TARGET = torch.nn.functional.one_hot(torch.arange(6) % 3, 3).double()


def twice_wrong(params, x, y):
    q = torch.softmax(x @ params["W"] + params["b"], 1)
    d = (q - TARGET) / 6
    return -(TARGET * torch.log(q)).sum() / 6, {"W": x.T @ d * 2 + 1, "b": d.sum(0) * 3 - 2}


def test_what_an_edit_writes_into_the_users_tensors_is_put_back():
    torch.manual_seed(2)
    before = TARGET.clone()
    params = {"W": torch.randn(3, 3).double(), "b": torch.randn(3).double()}
    assert not check_gradients(twice_wrong, params, torch.randn(6, 3).double(), None).ok
    assert torch.equal(before, TARGET)


def a_two_is_missing(params, x, y):
    h = torch.tanh(x @ params["w1"])
    e = h @ params["w2"] - y
    d = 2 * e / len(y)
    return (e**2).mean(), {
        "w1": x.T @ (d[:, None] * params["w2"] * (1 - h**2)),
        "w2": h.T @ (e / len(y)),
    }


def test_an_edit_that_is_right_at_zeros_alone_is_not_what_others_are_compared_with():
    torch.manual_seed(3)
    params = {"w1": torch.randn(3, 4).double(), "w2": torch.zeros(4).double()}
    report = check_gradients(a_two_is_missing, params, torch.randn(6, 3).double(), torch.randn(6).double())
    assert "h.T @ (e / len(y))" in report.findings[0].fix["to"] and "2" in report.findings[0].fix["to"]
