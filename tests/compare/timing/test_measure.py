"""The measurement end to end, short: what is in the result, and that nothing is left running."""

import json
import subprocess
import sys

import pytest

from compare import networks
from compare.common.errors import UserError
from compare.common.results import plain
from compare.networks import data
from compare.report import door
from compare.timing import measure, process
from compare.timing.contenders import CONTENDERS
from compare.timing.plan import STATES, Plan


@pytest.fixture(scope="module")
def result():
    original = measure.QUICK
    measure.QUICK = Plan(STATES[:1], 8, 0.002, studies=measure.STUDIES, retrace=True)
    net = networks.network()
    params, x, y = networks.check_inputs(net, data.load(), 32, dtype="float32")
    try:
        yield measure.measure(net, x, y, params, contenders=["numpy", "jax.jit"], quick=True)
    finally:
        measure.QUICK = original


def test_the_names_of_the_design_are_there(result):
    shown = json.loads(json.dumps(plain(result), allow_nan=False))
    assert shown["schema"] == "threeways/time/1"
    jit = shown["contenders"][1]
    assert (jit["name"], jit["framework"], jit["kind"]) == ("jax.jit", "jax", "static")
    assert {"import_s", "trace_s", "lower_s", "compile_s", "first_s", "second_s"} <= jit["ledger"].keys()
    assert {"median", "low", "high"} == jit["steady_s"].keys()
    assert len(jit["samples"]) == 8
    assert shown["control"]["ratio"]["median"] > 0


def test_the_text_fits_the_terminal(result):
    said = door.text(plain(result))
    assert max(map(len, said.splitlines())) <= 100
    assert "Different engines, not graph kinds" in said


def test_the_first_calls_parts_add_up_to_it(result):
    for ledger in result.contenders[1].ledgers.values():
        parts = ("trace_s", "lower_s", "compile_s", "toolchain_s", "rest_s")
        assert sum(ledger[part] for part in parts) == pytest.approx(ledger["first_s"])
        assert min(ledger[part] for part in parts) >= 0


def test_jax_compiles_again_for_each_new_batch_size_but_not_for_a_new_rate(result):
    changes = {c["change"]: [call["retraced"] for call in c["calls"]] for c in result.retrace[0]["changes"]}
    assert changes["new batch size"] == [True, True]
    assert changes["rate, Python float"] == [False, False]


def test_the_gradients_that_were_timed_are_right(result):
    assert all(c.answers["ok"] for c in result.contenders)


def test_xla_counts_the_operations_that_are_on_paper(result):
    # The products, and a few operations for each of the activations.
    assert 1 <= result.contenders[1].flops["share"] < 1.2


def test_an_unknown_contender_is_answered_with_the_nearest():
    with pytest.raises(UserError, match=r"did you mean 'jax[.]jit'"):
        measure.chosen(["jax.jti"])


def test_the_contenders_come_in_the_order_they_are_shown():
    assert list(CONTENDERS) == [
        *("numpy", "torch", "torch.export", "torch.compile", "torch.cudagraph", "torch.compile.loss"),
        *("jax", "jax.aot", "jax.jit", "jax.scan", "torch.replay", "jax.replay"),
    ]
    assert CONTENDERS["numpy"].kind is None


def test_every_contenders_step_is_a_function_of_its_framework():
    for row in CONTENDERS.values():
        package = {"numpy": "manual", "torch": "torch_ref", "jax": "jax_ref"}[row.framework]
        assert callable(getattr(pytest.importorskip(f"{package}.steps"), row.step))


def test_a_child_imports_numpy_and_frameworks_only_when_it_is_asked():
    code = (
        "import sys, compare.timing.child, compare.timing.process; "
        "print({'numpy', 'torch', 'jax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_idlest_core_is_taken_and_the_last_of_equals(monkeypatch):
    if not hasattr(process.os, "sched_getaffinity"):
        pytest.skip("no affinity call here")
    looks = iter([{0: 0, 1: 0, 2: 0}, {0: 1, 1: 0, 2: 29}] * 2)
    monkeypatch.setattr(process.os, "sched_getaffinity", lambda pid: {0, 1, 2})
    monkeypatch.setattr(process, "_busy_ticks", lambda: next(looks))
    assert process.cores(1) == [1]
    assert process.cores(2) == [0, 1]


def test_a_killed_child_is_a_failed_contender_and_leaves_no_process(tmp_path):
    with process.TimedChild(
        tmp_path, process.child_environment(1, "float32", tmp_path), process.cores(1)
    ) as child:
        child.process.kill()
        with pytest.raises(process.FailedError, match="its process ended"):
            child.request("calibrate", target_s=0.01)
    assert child.process.poll() is not None


def test_a_child_that_takes_too_long_is_killed(tmp_path):
    variables = process.child_environment(1, "float32", tmp_path)
    with (
        process.TimedChild(tmp_path, variables, process.cores(1), timeout_s=0.01) as child,
        pytest.raises(process.FailedError, match=r"killed after 0.01 s"),
    ):
        child.request("calibrate", target_s=0.01)
