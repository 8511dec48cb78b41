"""Claims recomputed by hand from planted samples."""

import pytest

from compare.timing import evaluate, wording
from compare.timing.contender import Contender
from compare.timing.measure import Record


def record(name, framework, kind, step_s, first_s, cpu=1.0, noise=0.0):
    contender = Contender(name, framework, kind, "", (), None)
    samples = []
    for turn in range(40):
        wall = 100 * step_s * (1 + noise * (turn % 5 - 2))
        samples.append(
            {"process": 0, "round": turn, "calls": 100, "wall_s": wall, "cpu_s": cpu * wall, "involuntary": 0}
        )
    ledger = {
        "compiler_import_s": 0.0,
        "compiler_import_cpu_s": 0.0,
        "first_s": first_s,
        "first_cpu_s": first_s,
    }
    return Record(contender, {"fresh machine": ledger}, samples)


def judged(*records, threads=1):
    records = {r.contender.name: r for r in records}
    return evaluate.evaluate(records, next(iter(records.values())), threads, epoch=10)


def test_break_even_is_the_extra_first_call_over_the_saving_of_a_step():
    _, (pair,), *_ = judged(
        record("dynamic", "torch", "dynamic", 3e-3, 0.0), record("static", "torch", "static", 1e-3, 2.0)
    )
    # 2 s more at the first call, 2 ms less at each of the others: 1 + 1000 steps, 100.1 epochs of 10.
    assert pair.break_even_steps.median == pytest.approx(1001)
    assert pair.break_even_epochs == pytest.approx(100.1)
    assert pair.break_even_s == pytest.approx(2.0 + 1000 * 1e-3)


def test_a_static_graph_that_compiles_faster_than_the_dynamic_starts_is_ahead_from_call_1():
    _, (pair,), *_ = judged(
        record("dynamic", "jax", "dynamic", 3e-3, 2.0), record("static", "jax", "static", 1e-3, 0.5)
    )
    assert pair.break_even_steps.median == 1
    assert pair.reason == "from call 1"


def test_overlapping_intervals_never_pay():
    _, (pair,), *_ = judged(
        record("dynamic", "torch", "dynamic", 1.001e-3, 0.0, noise=0.1),
        record("static", "torch", "static", 1e-3, 2.0),
    )
    assert pair.break_even_steps is None
    assert pair.reason == "never: the intervals overlap"


def test_a_slower_static_graph_never_pays():
    _, (pair,), *_ = judged(
        record("dynamic", "torch", "dynamic", 1e-3, 0.0), record("static", "torch", "static", 2e-3, 2.0)
    )
    assert pair.reason == "never: the dynamic one is faster"


def test_pairs_stay_within_one_framework_and_engines_stand_apart():
    _, pairs, engines, *_ = judged(
        record("torch", "torch", "dynamic", 2e-3, 0.0), record("jax.jit", "jax", "static", 1e-3, 1.0)
    )
    assert pairs == []
    assert [(e.name, e.against) for e in engines] == [("torch", "jax.jit")]


def test_two_threads_where_one_was_asked_for_are_told():
    *_, warnings = judged(record("jax.jit", "jax", "static", 1e-3, 0.0, cpu=1.98))
    assert "used 1.98 cores where 1 was asked for" in warnings[0]


def test_a_core_shared_with_another_process_is_told():
    *_, warnings = judged(record("numpy", "numpy", None, 1e-3, 0.0, cpu=0.5))
    assert "had its core only 50 % of the time" in warnings[0]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.00123, "1.23 ms"), (12.0, "12.0 s"), (5.6e-5, "56.0 us"), (1.1e-7, "110 ns"), (0.99999, "1.00 s")],
)
def test_durations_have_three_figures_and_a_unit(seconds, said):
    assert wording.duration(seconds) == said
