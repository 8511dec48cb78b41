"""check_vjp of NumPy pairs: the line of a mistake, and a change of it that was run."""

import inspect

import numpy as np
import pytest

from compare.checks.vjp import check_vjp

from .kernels import objects, pairs

WITHOUT_A_FIX = {
    "RMS norm without the mean term",  # a whole term is missing
    "cross-entropy, ignored labels not masked",
}

pytestmark = pytest.mark.lines


def wrong_line(written):
    lines, first = inspect.getsourcelines(written)
    return next(first + i for i, line in enumerate(lines) if line.rstrip().endswith("# wrong"))


def located(report):
    return next(f for f in report.findings if f.line is not None)


@pytest.mark.parametrize("name", pairs.PAIRS)
def test_the_wrong_line_of_a_kernel_is_named_and_its_fix_shown(name):
    forward, _, backward, inputs = pairs.PAIRS[name]
    report = check_vjp((forward, backward), *inputs)
    assert report.exit_code == 1 and report.about["witnesses"] == ["adjoint"]
    found = located(report)
    assert (
        found.file == inspect.getsourcefile(backward)
        and wrong_line(backward) in found.lines
        and len(found.lines) <= (3 if name in WITHOUT_A_FIX else 2)
    )
    assert f"line {found.line}" in str(report)
    if name not in WITHOUT_A_FIX:
        assert f"Change line {found.line}" in str(report) and found.fix["from"] != found.fix["to"]


@pytest.mark.parametrize("name", pairs.PAIRS)
def test_the_right_kernel_is_right_by_the_record_of_its_forward(name):
    forward, backward, _, inputs = pairs.PAIRS[name]
    report = check_vjp((forward, backward), *inputs)
    assert report.ok and not report.findings and report.about["witnesses"] == ["adjoint"], str(report)


def test_a_right_kernel_in_single_precision_is_right():
    forward, backward, _, inputs = pairs.PAIRS["attention without its scale"]
    assert check_vjp((forward, backward), *(a.astype(np.float32) for a in inputs)).ok


@pytest.mark.parametrize("kind", pairs.OBJECTS.values(), ids=pairs.OBJECTS)
def test_the_wrong_line_of_an_objects_backward_is_named(kind):
    assert check_vjp(objects.Dense(*pairs.LAYER), pairs.X).ok
    found = located(check_vjp(kind(*pairs.LAYER), pairs.X))
    assert found.line == wrong_line(kind) and found.fix is not None


def of_list(x):
    return np.array([v**2 for v in x.tolist()]), x


def of_list_backward(dy, x):
    return 3 * x * dy


def test_a_forward_that_cannot_be_recorded_is_differenced():
    report = check_vjp((of_list, of_list_backward), np.arange(1.0, 4.0))
    assert report.exit_code == 1 and "1.5" in report.diagnosis


def lattice(x):
    return (x**3).sum(axis=1), {"x": x}


def lattice_backward(dy, cache):
    x = cache["x"]
    dx = np.zeros_like(x)
    for i in range(len(x)):
        slope = 3 * x[i] ** 2
        dx[i] = slope
    return dx


def test_a_cotangent_that_nothing_reads_is_put_where_it_belongs(monkeypatch):
    monkeypatch.setattr(
        "compare.checks.stages.lines.SECONDS", 0.0
    )  # the search among all changes finds one too
    report = check_vjp((lattice, lattice_backward), np.random.default_rng(8).normal(size=(3, 4)))
    first = inspect.getsourcelines(lattice_backward)[1]
    found = located(report)
    assert [found.fix["to"], *(o["to"] for o in found.fix["others"])] == [
        "return dx * dy[:, None]",
        "dx[i] = slope * dy[i]",
        "slope = 3 * x[i] ** 2 * dy[i]",
    ]
    assert found.lines == (first + 6, first + 5, first + 4)


def test_the_line_is_found_where_an_input_sits_on_a_kink():
    def elu(x):
        return np.where(x > 0, x, 1.3 * (np.exp(x) - 1)), x

    def elu_backward(g, x):
        return g * np.where(x > 0, 1, 1.3 * (np.exp(x) - 1))  # wrong

    x = np.linspace(-2, 1.5, 8)
    assert 0 in x
    found = located(check_vjp((elu, elu_backward), x))
    assert found.lines == (wrong_line(elu_backward),) and "- 1" not in found.fix["to"]
    assert check_vjp((elu, lambda g, x: g * np.where(x > 0, 1, 1.3 * np.exp(x))), x).ok
