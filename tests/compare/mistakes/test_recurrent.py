"""The mistakes of recurrent networks: found, placed and named on their network; the right one is right."""

import numpy as np
import pytest

import manual
from compare import check_gradients
from compare.checks.bench.bench import OUTCOMES, judged_planted, outcome
from compare.checks.bench.planting import planted_cases, shown_in
from compare.mistakes.catalogue import catalogue
from tests.exact import DTYPES

MISTAKES = {id: m for id, m in catalogue().items() if m.network == "Recurrent"}


@pytest.mark.slow
@pytest.mark.parametrize("id", MISTAKES)
def test_a_planted_mistake_is_found_placed_and_named_in_float32(id):
    """The test of the bench plants it in float64."""
    (drawn, layers, constant), *_ = planted_cases(id, 1)[0]
    array = shown_in(MISTAKES[id], drawn, layers, constant, "float32")
    report = judged_planted(MISTAKES[id], drawn, layers, constant, "float32")
    assert outcome(MISTAKES[id], array, report) == dict.fromkeys(OUTCOMES, True), str(report)


def case(cell, dtype, lengths):
    net, rng = manual.Recurrent(cell, inputs=2, hidden=3, classes=4, steps=5), np.random.default_rng(0)
    params = {n: (p + 0.3 * rng.standard_normal(p.shape)).astype(dtype) for n, p in net.init(rng).items()}
    x = rng.standard_normal((6, 10))
    if lengths:
        x = np.column_stack([x, rng.integers(1, 6, 6)])
    return net, params, x.astype(dtype), rng.integers(0, 4, 6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lengths", [False, True], ids=["full", "lengths"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_right_network_is_right(cell, lengths, dtype):
    net, *arguments = case(cell, dtype, lengths)
    report = check_gradients(net.loss_and_grads, *arguments, network=net)
    assert report.ok, str(report)
    assert {v.status for v in report.verdicts} == {"agree"}


# The array that says which mistake it is, and what is right all the same.
@pytest.mark.parametrize(
    ("id", "cell", "right"),
    [
        ("rnn-carry-dropped", "rnn", {"W_out", "b_out"}),
        ("lstm-cell-not-accumulated", "lstm", {"W_out", "b_out"}),
        ("lstm-tanh-twice", "lstm", {"W_out", "b_out"}),
        ("activation-not-previous:time", "gru", {"W_ih", "b", "b_hn", "W_out", "b_out"}),
        ("assigned-not-accumulated:time", "lstm", {"W_out", "b_out"}),
    ],
)
def test_what_is_above_a_mistake_stays_right(id, cell, right):
    net, *arguments = case(cell, "float64", lengths=True)
    planted = MISTAKES[id].planted(net, frozenset([1]))
    report = check_gradients(planted.loss_and_grads, *arguments, network=net)
    assert {v.name for v in report.verdicts if v.passes} == right
    assert [f.one_of for f in report.findings] == [(id.split(":")[0],)]
    assert MISTAKES[id].lines(1)[1] in report.diagnosis


@pytest.mark.parametrize("id", [id for id in MISTAKES if id.startswith("lstm")])
def test_a_mistake_of_an_lstm_says_that_it_needs_one(id):
    net, *arguments = case("gru", "float64", lengths=False)
    assert MISTAKES[id].needs(net, *arguments, frozenset([1])) == "the cell is gru, not lstm"


def test_with_one_step_nothing_is_carried():
    _, params, x, y = case("lstm", "float64", lengths=False)
    once = manual.Recurrent("lstm", inputs=2, hidden=3, classes=4, steps=1)
    reason = MISTAKES["rnn-carry-dropped"].needs(once, params, x[:, :2], y, frozenset([1]))
    assert reason == "one step: nothing is carried back"
