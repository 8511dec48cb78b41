"""A summed loss with its right gradient is a convention in every style, never wrong."""

import numpy as np
import pytest

from compare.checks.gradients import check_gradients
from compare.cli import main
from compare.common.arrays import flatten, unflatten
from compare.files.loading import find, load
from compare.user.subject import Subject
from compare.witnesses.reference import recognised
from tests.compare.files.planted import STYLES, source, summed


def loaded(text, folder, dtype="float64"):
    """(hand, params, x, y) of a file."""
    file = folder / "mine.py"
    file.write_text(text)
    found = find(load(file))
    params = unflatten({n: a.astype(dtype) for n, a in flatten(found.params).items()}, found.params)
    x, y = (a.astype(dtype) if a.dtype.kind == "f" else a for a in (np.asarray(found.x), np.asarray(found.y)))
    return found.hand, params, x, y


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("style", STYLES)
def test_a_summed_loss_is_right_and_recognised_as_a_sum(style, tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(summed(style))
    assert main(["check", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("RIGHT") and "sum" in said.split("Recognised:")[1].split("\n\n")[0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("style", STYLES)
def test_against_a_network_with_the_mean_a_summed_loss_is_a_convention(style, dtype, tmp_path):
    mean, _ = recognised(Subject(*loaded(source(style), tmp_path)))
    net = mean.net
    if style == "cs231n":  # the penalty was not summed: relative to the sum it is N times smaller
        net = type(net)(net.sizes, net.activations, net.criterion, net.l2 / 7)
    report = check_gradients(
        *loaded(summed(style), tmp_path, dtype), network=net, witnesses=("torch", "numerical")
    )
    assert report.loss.status == "convention" and report.ok and report.exit_code == 0, str(report)
    assert {v.status for v in report.verdicts} <= {"convention", "dtype"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("style", STYLES)
def test_alone_it_is_never_wrong_in_either_floating_type(style, dtype, tmp_path):
    report = check_gradients(*loaded(summed(style), tmp_path, dtype))
    assert report.ok and report.exit_code == 0 and "sum" in report.recognised, str(report)
