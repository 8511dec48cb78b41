"""Answers, operations, widths: planted mistakes are seen."""

import numpy as np
import pytest

from compare import networks
from compare.networks import data
from compare.networks.mlp import product_flops
from compare.timing import answers, studies, widths
from compare.timing.contender import Contender, Prepared
from compare.timing.plan import Record
from compare.timing.task import Task


def task(dtype="float32"):
    net = networks.network()
    params, x, y = networks.check_inputs(net, data.load(), 16, dtype=dtype)
    return Task(net, params, x, y, widths=(16, 64, 256))


def answered(job, tmp_path, change=lambda name, g: g, steps=1):
    """A Record whose contender did `steps` SGD steps by hand, each gradient changed by `change`."""
    net, params = job.net.build("hand"), dict(job.params)
    for _ in range(steps):
        grads = net.loss_and_grads(params, job.x, job.y)[1]
        params = {
            name: (p - np.float32(job.rate) * change(name, grads[name])).astype(p.dtype)
            for name, p in params.items()
        }
    np.savez(tmp_path / "after.npz", **params)
    record = Record(Contender("it", "numpy", None, "eager"), steps=steps)
    record.studies["answers"] = {"path": str(tmp_path / "after.npz"), "loss": 0.0}
    answers.judge({"it": record}, job)
    return record.studies["answers"]


def test_float32_by_hand_agrees_with_float64(tmp_path):
    assert answered(task(), tmp_path)["ok"]


def test_five_steps_agree_too(tmp_path):
    assert answered(task(), tmp_path, steps=5)["ok"]


def test_a_gradient_without_its_factor_is_marked(tmp_path):
    # What torch.compile made of p.add_(g, alpha=-rate): the weights moved by g, ten times as far, the other way.
    found = answered(task(), tmp_path, lambda name, g: -10 * g if name[0] == "W" else g)
    assert not found["ok"]
    assert found["noise_ratio"] > 1e4


def test_one_wrong_entry_is_marked(tmp_path):
    def one(name, g):
        g = g.copy()
        if name == "b2":
            g[3] *= 1.001
        return g

    assert not answered(task(), tmp_path, one)["ok"]


def test_nan_is_marked(tmp_path):
    assert not answered(task(), tmp_path, lambda name, g: g * np.nan)["ok"]


def test_operations_are_counted_as_on_paper():
    # 4-3-2, batch 5: z1 and dW1 2*5*3*4 each, z2, dW2 and the delta handed down 2*5*2*3 each.
    assert product_flops((4, 3, 2), 5) == 2 * 120 + 3 * 60


@pytest.mark.parametrize(("overhead", "rate"), [(5e-5, 5e10), (0.0, 1e11), (1e-3, 1e9)])
def test_a_fit_finds_overhead_and_rate(overhead, rate):
    flops = {16: 1e5, 64: 4e5, 256: 2e6}
    found = widths.fit(flops, {w: [overhead + f / rate] * 3 for w, f in flops.items()})
    assert found == pytest.approx((overhead, rate), rel=1e-6, abs=1e-12)


def test_lines_meet_where_they_do_on_paper():
    # 100 us + f / 1e10 = 20 us + f / 5e9 at f = 8e5
    at = widths._meeting((20e-6, 5e9), (100e-6, 1e10))
    assert at == pytest.approx(8e5)
    width = widths.width_of(at, task())
    assert product_flops((64, width, 10), 16) == pytest.approx(8e5)


def test_parallel_lines_do_not_meet():
    assert widths._meeting((1e-6, 1e9), (2e-6, 1e9)) is None
    assert widths.width_of(None, task()) is None


@pytest.mark.parametrize(("name", "again", "drift"), [("kept", 0, []), ("anew", 2, []), ("narrow", 1, ["W"])])
def test_a_step_that_retraces_at_each_call_or_narrows_its_parameters_is_seen(tmp_path, name, again, drift):
    jax = pytest.importorskip("jax")
    from compare.timing.engines import jax as engine

    def moved(params, state, x, y):
        return {"W": 0.9 * params["W"]}, state, params["W"].sum()

    def narrow(params, state, x, y):
        return {"W": params["W"].astype("float16")}, state, params["W"].sum()

    forms = {
        "kept": jax.jit(moved),
        "anew": lambda *a: jax.jit(lambda *b: moved(*b))(*a),
        "narrow": jax.jit(narrow),
    }

    def numpy(tree):
        return jax.tree.map(np.asarray, tree)

    params = {"W": jax.numpy.ones(3)}
    prepared = Prepared(forms[name], params, {}, None, None, jax.block_until_ready, None, numpy, None)
    it = studies.Studied(engine, Contender("it", "jax", "static", ""), None, prepared, tmp_path)
    prepared.call(params, {})
    seen = studies.answers(it)
    assert (seen["again"], seen["drift"]) == (again, drift)
