"""Every execution of a step is the same step; faults planted in one are found and named."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("jax")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

import torch_ref.parallel  # noqa: E402
from compare import networks  # noqa: E402
from compare.checks.executions import executions as ex  # noqa: E402
from compare.checks.executions.run import Run  # noqa: E402
from compare.checks.executions.subject import named_rule, of_network, of_trio  # noqa: E402
from compare.checks.executions.ways import WAYS, Gradients, Own, Way  # noqa: E402
from compare.common.errors import UserError  # noqa: E402
from compare.common.results import plain  # noqa: E402
from compare.report import door  # noqa: E402
from compare.user.trio.trio import Trio  # noqa: E402

BY_NAME = {way.name: way for way in WAYS}
DECOMPOSED = "aot_eager_decomp_partition"  # inductor's decompositions, without its C++


def subject(dtype="float32", **fields):
    given = {"sizes": (64, 12, 10), "activations": ("tanh", "softmax"), **fields}
    net = networks.network("mlp", **given)
    return of_network(net, named_rule(None, None), None, 30, 0, dtype)


def tried(given, *ways, backend="aot_eager"):
    result = ex.executed(given, ways, backend=backend)
    return result, {row.name: row for row in result.rows}


def wrong(row):
    assert row.ok is False and row.fault is not None
    return row.fault


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_executions_without_a_compiler_are_within_the_band(dtype):
    names = ("hand", "torch", "torch.export", "jax.lax.scan") if dtype == "float32" else ("hand", "torch")
    ways = [BY_NAME[name] for name in names]
    result, rows = tried(subject(dtype), *ways)
    assert result.ok and all(row.ok for row in rows.values() if not row.absent)
    assert bool(rows["hand"].absent) == (dtype == "bfloat16")


def test_a_batch_accumulated_in_equal_and_unequal_parts_is_the_batch():
    given = subject()
    parts = Run(given, "eager").parts([])
    assert {way.sizes for way in parts} == {(10, 10, 10), (15, 10, 5)}
    result, _ = tried(given, *(way for way in parts if way.framework != "jax"))
    assert result.ok


def test_parts_of_a_batch_norm_are_left_out_and_said():
    notes = []
    net = networks.network("cnn", channels=(2,))
    given = of_network(net, named_rule(None, None), None, 12, 0, "float32")
    assert Run(given, "eager").parts(notes) == [] and "batch norm" in notes[0]


def test_a_wrong_decomposition_is_found_at_its_operation(monkeypatch):
    from torch._inductor import decomposition

    table, tanh = decomposition.decompositions, torch.ops.aten.tanh.default
    decomposition.fast_random_decomps.cache_clear()
    torch._dynamo.reset()
    monkeypatch.setitem(table, tanh, lambda x: x * (1 - x * x / 3))
    try:
        _, rows = tried(subject(), BY_NAME["torch.compile"], backend=DECOMPOSED)
    finally:
        monkeypatch.undo()
        decomposition.fast_random_decomps.cache_clear()
        torch._dynamo.reset()
    fault = wrong(rows["torch.compile"])
    assert fault.id == "operation" and "aten.tanh" in fault.sentence


def mutable():
    """Return a Trio whose batch leaves a number behind that its losses read."""
    left = {"scale": 1.0}
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=3)}

    def batch(rng):
        left["scale"] = float(rng.uniform(1, 2))
        return rng.normal(size=(8, 4)), rng.normal(size=(8, 3))

    def torch_loss(p, x, y):
        return ((torch.tanh(x @ p["W"].T + p["b"]) * left["scale"] - y) ** 2).mean()

    def jax_loss(p, x, y):
        return ((jnp.tanh(x @ p["W"].T + p["b"]) * left["scale"] - y) ** 2).mean()

    return Trio(torch=torch_loss, jax=jax_loss, params=params, batch=batch)


@pytest.mark.parametrize("name", ["torch.export", "jax.jit"])
def test_a_stale_constant_is_found_with_its_operation_and_values(name):
    given = of_trio(mutable(), named_rule("sgd", 0.1), 8, 0, "float32")
    _, rows = tried(given, BY_NAME["torch"], BY_NAME[name])
    assert rows["torch"].ok
    fault = wrong(rows[name])
    assert fault.id == "stale-constant" and "mul" in fault.sentence and "was captured" in fault.sentence


def micro_batches(combine):
    """Return a torch execution: three micro-batches of 12, 12 and 6, put together by `combine`."""

    def make(net):
        def function(params, x, y):
            parts = [net.loss_and_grads(params, x[i : i + 12], y[i : i + 12]) for i in (0, 12, 24)]
            losses, grads = zip(*parts, strict=True)
            return combine(losses), {n: combine([g[n] for g in grads]) for n in params}

        return Own(net, function)

    return make


MIXED = {
    "mean-of-means": lambda parts: sum(parts) / 3,
    "accumulation-denominator": sum,
    "part-dropped": lambda parts: (parts[0] + parts[2] / 2) / 1.5,
    "shard-repeated": lambda parts: (12 * parts[0] + 12 * parts[0] + 6 * parts[2]) / 30,
    "not-reduced": lambda parts: parts[0],
}


@pytest.mark.parametrize("id", MIXED)
def test_micro_batches_put_together_wrongly_are_named(id):
    way = Way("mine", "torch", net=micro_batches(MIXED[id]), own=True)
    assert id in wrong(tried(subject(), way)[1]["mine"]).one_of


def test_a_summed_all_reduce_is_named():
    right = torch_ref.parallel.parts(30, 2)

    def function(params, x, y, net):
        shares = [net.loss_and_grads(params, x[s], y[s]) for s in right]
        return sum(s[0] for s in shares), {n: sum(s[1][n] for s in shares) for n in params}

    way = Way("x 2", "torch", net=lambda net: Own(net, lambda p, x, y: function(p, x, y, net)), workers=2)
    fault = wrong(tried(subject(), dataclasses.replace(way, sizes=(15, 15)))[1]["x 2"])
    assert fault.id == "allreduce-summed" and "divide by 2" in fault.sentence


def masked():
    """Return a Trio whose loss is a mean over the tokens that are not masked."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 5, (12, 6))
    y[np.arange(6)[None] >= rng.integers(1, 7, 12)[:, None]] = -100

    def torch_loss(p, x, y):
        logits = (x @ p["W"].T)[:, None] + p["b"]
        return torch.nn.functional.cross_entropy(logits.reshape(-1, 5), y.reshape(-1))

    params = {"W": rng.normal(size=(5, 4)), "b": rng.normal(size=(6, 5))}
    return Trio(torch=torch_loss, params=params, batch=(rng.normal(size=(12, 4)), y))


def test_masked_tokens_weigh_micro_batches_and_weighing_by_samples_is_named():
    trio = masked()
    given = of_trio(trio, named_rule("sgd", 0.1), 12, 0, "float32")
    parts = Run(given, "eager").parts([])
    assert all("unmasked tokens" in way.says for way in parts)
    assert tried(given, *parts)[0].ok

    def function(params, x, y):
        shares = [trio.build("torch").loss_and_grads(params, x[s], y[s]) for s in (slice(0, 6), slice(6, 12))]
        return sum(s[0] for s in shares) / 2, {n: sum(s[1][n] for s in shares) / 2 for n in params}

    way = Way("mine", "torch", net=lambda net: Own(net, function), own=True)
    assert wrong(tried(given, way)[1]["mine"]).id in ("samples-for-tokens", "mean-of-means")


def test_a_wrong_compiled_program_of_jax_is_found_at_its_operation(monkeypatch):
    """The compiled step takes another tanh than op by op: planted where it is traced."""
    from compare.checks.executions import jax_graph

    right = jax_graph.Recorded.run_equation

    def wrong_equation(self, equation, arguments):
        if equation.primitive.name == "tanh" and isinstance(arguments[0], jax.core.Tracer):
            arguments = [arguments[0] * 1.001]
        return right(self, equation, arguments)

    monkeypatch.setattr(jax_graph.Recorded, "run_equation", wrong_equation)
    given = subject()
    with jax.enable_x64(False):
        arguments = Run(given, "eager")._arguments(BY_NAME["jax.jit"], 0)
        found = jax_graph.first_difference(given.net.build("jax"), Gradients(), arguments, "float32")
    assert found is not None and found.name == "tanh"


def test_what_is_wrong_is_said_in_the_text_and_the_exit_status():
    way = Way("mine", "torch", net=micro_batches(MIXED["mean-of-means"]), own=True)
    result, _ = tried(subject(), way)
    said = door.text(plain(result))
    assert result.exit_code == 1
    assert said.startswith("WRONG") and "mine" in said and "averaged as if they were of one size" in said


def test_an_unknown_type_is_refused():
    with pytest.raises(UserError, match="--dtype float8"):
        ex.executions(networks.network("mlp"), dtype="float8")
