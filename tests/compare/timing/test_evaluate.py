"""Claims recomputed on paper from planted samples."""

import pytest

from compare.report import wording
from compare.timing import evaluate
from compare.timing.contender import Contender
from compare.timing.plan import Record


def record(name, framework, kind, step_s, first_s, cpu=1.0, noise=0.0, drift=0.0, **studies):
    contender = Contender(name, framework, kind, "eager")
    samples = []
    for turn in range(60):
        wall = 100 * step_s * (1 + noise * (turn % 5 - 2)) * (1 + drift * (turn // 20 - 1))
        about = {"process": turn // 20, "round": turn % 20, "calls": 100, "involuntary": 0}
        samples.append(about | {"wall_s": wall, "cpu_s": cpu * wall})
    ledger = {
        "compiler_import_s": 0.0,
        "compiler_import_cpu_s": 0.0,
        "first_s": first_s,
        "first_cpu_s": first_s / 2,
    }
    states = dict.fromkeys(("fresh machine", "warm cache"), ledger)
    return Record(contender, states, samples, studies)


def judged(*records, threads=1):
    named = {r.contender.name: r for r in records}
    return evaluate.evaluate(named, records[0], threads, epoch=10)


def dynamic(step_s, first_s=0.0, **more):
    return record("dynamic", "torch", "dynamic", step_s, first_s, **more)


def static(step_s, first_s, **more):
    return record("static", "torch", "static", step_s, first_s, **more)


def test_break_even_is_the_extra_first_call_over_the_saving_of_a_step():
    (pair,) = judged(dynamic(3e-3), static(1e-3, 2.0)).pairs
    even = pair.break_even["fresh machine"]
    # 2 s more at the first call, 2 ms less at each of the others: 1 + 1000 steps, 100.1 epochs of 10.
    assert even.steps.median == pytest.approx(1001)
    assert even.epochs == pytest.approx(100.1)
    assert even.seconds == pytest.approx(2.0 + 1000 * 1e-3)
    assert pair.break_even_steps == even.steps


def test_the_interval_of_break_even_is_that_of_the_ratio():
    (pair,) = judged(dynamic(3e-3), static(1e-3, 2.0)).pairs
    low, high = pair.ratio.low, pair.ratio.high
    assert pair.break_even_steps.low == pytest.approx(1 + 2.0 / (1e-3 * (high - 1)))
    assert pair.break_even_steps.high == pytest.approx(1 + 2.0 / (1e-3 * (low - 1)))


def test_a_static_graph_that_compiles_faster_than_the_dynamic_starts_is_ahead_from_call_1():
    (pair,) = judged(dynamic(3e-3, first_s=2.0), static(1e-3, 0.5)).pairs
    assert pair.break_even_steps.median == 1
    assert pair.reason == "from call 1"


def test_overlapping_intervals_never_pay():
    (pair,) = judged(dynamic(1.001e-3, noise=0.1), static(1e-3, 2.0)).pairs
    assert pair.break_even_steps is None
    assert pair.reason == "never: the intervals overlap"


def test_a_slower_static_graph_never_pays():
    (pair,) = judged(dynamic(1e-3), static(2e-3, 2.0)).pairs
    assert pair.reason == "never: the dynamic one is faster"


def test_processes_that_disagree_widen_the_interval():
    quiet = judged(dynamic(3e-3), static(1e-3, 2.0)).pairs[0].ratio
    restless = judged(dynamic(3e-3, drift=0.1), static(1e-3, 2.0)).pairs[0].ratio
    assert restless.high - restless.low > 2 * (quiet.high - quiet.low)


def test_pairs_stay_within_one_framework_and_engines_stand_apart():
    found = judged(dynamic(2e-3), record("jax.jit", "jax", "static", 1e-3, 1.0))
    assert found.pairs == []
    assert [(e.name, e.against) for e in found.engines] == [("dynamic", "jax.jit")]


def test_two_threads_where_one_was_asked_for_are_told_and_not_ranked():
    found = judged(dynamic(3e-3), static(1e-3, 2.0, cpu=1.98))
    assert any("static used 1.98 cores instead of 1" in w for w in found.warnings)
    assert found.pairs == []


def test_beside_a_busy_process_both_the_steps_and_the_first_call_are_cpu_seconds():
    found = judged(dynamic(3e-3, cpu=0.5), static(1e-3, 2.0, cpu=0.5))
    assert found.clock == "cpu"
    assert found.contenders[1].steady_s.median == pytest.approx(0.5e-3)
    # Half of the 2 s and half of each step belong to the contender: the same 1001 steps.
    assert found.pairs[0].break_even_steps.median == pytest.approx(1001)
    assert any("had it 50 % of the time" in w for w in found.warnings)


def test_noisy_timings_are_one_warning():
    found = judged(dynamic(3e-3, noise=0.2), static(1e-3, 2.0, noise=0.3))
    (warning,) = (w for w in found.warnings if "noisy" in w)
    # The middle half of -0.4 .. 0.4 in five steps of 0.2 is 0.4 wide, that of steps of 0.3 is 0.6.
    assert "2 of 2 timings vary by 40 to 60 %" in warning


@pytest.mark.parametrize(
    ("studies", "said"),
    [
        ({"slope": {"ratio": 1.02}}, "twice the calls took 1.02 times as long"),
        (
            {"answers": {"ok": False, "worst": "W1, 3e+07 rounding units"}},
            "its gradients are wrong (W1, 3e+07",
        ),
        ({"flops": {"share": 0.4}}, "only 40 % of the products' operations"),
    ],
)
def test_a_folded_or_wrong_computation_is_marked(studies, said):
    found = judged(dynamic(3e-3), static(1e-3, 2.0, **studies))
    assert any(said in w for w in found.warnings)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.00123, "1.23 ms"), (12.0, "12.0 s"), (5.6e-5, "56.0 µs"), (1.1e-7, "110 ns"), (0.99999, "1.00 s")],
)
def test_durations_have_three_figures_and_a_unit(seconds, said):
    assert wording.duration(seconds) == said


def test_a_step_that_is_compiled_again_or_changes_its_type_is_said():
    answers = {"ok": True, "again": 2, "drift": ["W1"]}
    said = " ".join(judged(dynamic(3e-3), static(1e-3, 2.0, answers=answers)).warnings)
    assert "static was compiled again 2 times in two further calls: it retraces at each step" in said
    assert "after a step W1 has another dtype" in said
