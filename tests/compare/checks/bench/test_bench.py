"""The bench in small: every mistake planted, found and named; correct networks are called right."""

import numpy as np
import pytest

import manual
from compare.checks.bench.bench import (
    OUTCOMES,
    bench,
    judge_correct,
    judged_planted,
    outcome,
)
from compare.checks.bench.planting import planted_cases, shown_in
from compare.checks.bench.steps import IN_A_STEP, judged_step
from compare.mistakes.catalogue import catalogue
from compare.mistakes.steps import steps
from compare.networks.draws import architecture

MIXED = manual.MLP(
    (4, 6, 17, 7, 3, 19, 12, 14, 9, 10, 15, 12, 9),
    (
        "softplus",
        "softplus",
        "leaky_relu",
        "softplus",
        "relu",
        "sigmoid",
        "softplus",
        "relu",
        "tanh",
        "leaky_relu",
        "sigmoid",
        "softplus",
    ),
    "quadratic",
)


def by_family():
    """Return the catalogue's ids; other networks than the MLP take seconds each."""
    return [
        pytest.param(i, marks=() if m.network == "MLP" else pytest.mark.slow) for i, m in catalogue().items()
    ]


@pytest.mark.parametrize("id", by_family())
def test_a_planted_mistake_is_found_placed_and_named(id):
    cases, _, _ = planted_cases(id, 0)
    drawn, layers, constant = cases[0]
    array = shown_in(catalogue()[id], drawn, layers, constant, "float64")
    report = judged_planted(catalogue()[id], drawn, layers, constant, "float64")
    assert outcome(catalogue()[id], array, report) == dict.fromkeys(OUTCOMES, True), str(report)
    assert report.exit_code == 1


def test_mistakes_are_drawn_where_they_show_and_again_alike():
    for id in ("column-broadcast", "dot-for-elementwise"):
        first, again = planted_cases(id, 2, seed=5)[0], planted_cases(id, 2, seed=5)[0]
        assert first
        assert [c[1:] for c in first] == [c[1:] for c in again]
        np.testing.assert_array_equal(first[0][0].params["W1"], again[0][0].params["W1"])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_random_correct_networks_are_never_called_wrong(dtype):
    for a in range(200, 208):
        row = judge_correct(architecture(np.random.default_rng([0, a])), a, 0, dtype)
        assert row["verdict"] in ("right", "inconclusive", "overflowed"), row


@pytest.mark.parametrize(
    "net, a, d, dtype, why",
    [
        (
            MIXED,
            33,
            20,
            "float64",
            "a unit saturated in hundreds of samples loses the same digit in all of them",
        ),
        (
            manual.MLP((10, 19, 18, 2), ("tanh",) * 3, "hinge"),
            18,
            94,
            "float64",
            "of two saturated units one loses a digit that the other keeps",
        ),
        (
            manual.MLP((9, 15, 8, 4, 9, 17, 11, 12), ("tanh",) * 7, "hinge"),
            1,
            98,
            "float32",
            "where units saturate the loss has fewer digits than its type",
        ),
    ],
)
def test_the_networks_that_were_called_wrong_once_are_right(net, a, d, dtype, why):
    row = judge_correct(net, a, d, dtype, seed=3)
    assert row["verdict"] == "right", (why, row)


def test_the_bench_counts_by_floating_type_and_by_mistake(monkeypatch):
    monkeypatch.setattr(
        "compare.checks.bench.bench.catalogue", lambda: {"sign-flipped": CATALOGUE["sign-flipped"]}
    )
    monkeypatch.setattr("compare.checks.bench.bench.steps", dict)
    monkeypatch.setattr("compare.checks.bench.bench.IN_A_STEP", ())
    result = bench(networks=1, architectures=1, draws=1, workers=1)
    for dtype in ("float64", "float32"):
        row = result.by_dtype[dtype]
        assert row["cases"] == row["found"] == row["placed"] == row["named"] == 1
        assert row["correct"] + row["overflowed"] == 1 and row["false_alarms"] == 0
        assert result.by_id["sign-flipped"][dtype]["named"] == 1
    assert result.schema == "threeways/mistakes/1"
    assert result.exit_code == 0


CATALOGUE = catalogue()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("id", [*steps(), *IN_A_STEP])
def test_a_mistake_of_a_step_is_found_and_named(id, dtype):
    for report in judged_step(id, 0, dtype)[0]:
        assert not report.ok and report.exit_code == 1
        assert any(id in f.one_of for f in report.findings), str(report)
