"""Functions that try to lose a value on its way: the record follows it, or says that it does not.

Each text defines `f(p, x) -> loss`. Recorded, it returns the number that it returns unrecorded, bit for bit; its
derivative by p equals differences, or the record says that it was not followed: an error, or an entry in `lost`, or a
sentence of `leaks`.
"""

import builtins
import copy
import math
import threading
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from compare.checks.bench.lines.corpus import load
from compare.trace.derivatives.run import NotFollowedError, Run, leaks, record
from compare.user.subject import Subject

from .measuring import worst
from .traps import FOLLOWED, LOST, STATEFUL

# Differences with steps of 2e-3 in three stages are right to about 1e-11 (measuring.differenced).
CLOSE = 1e-8
P = np.random.default_rng(0).normal(size=(3, 4))
X = np.random.default_rng(1).normal(size=(5, 3))


def subject(source: str) -> tuple[Subject, Any]:
    """Return the candidate of a text, and its module."""
    module = load("import numpy as np\n" + source)
    module.__dict__["backward"] = _with_gradient(module)
    return Subject(module.__dict__["backward"], {"p": P}, X, None), module


def _with_gradient(module: Any) -> Any:
    text = "def backward(params, x):\n    return f(params['p'], x), {'p': params['p'] * 0}\n"
    exec(compile(text, "<user>", "exec"), module.__dict__)
    return module.__dict__["backward"]


def differences(module: Any) -> np.ndarray:
    def total(p: np.ndarray) -> float:
        return float(module.backward({"p": p}, X.copy())[0])

    found = np.zeros(P.shape)
    for index in np.ndindex(P.shape):
        h = 2e-3 * max(abs(P[index]), 0.1)
        slopes = []
        for k in (1, 2, 4):
            up, down = P.copy(), P.copy()
            up[index] += h / k
            down[index] -= h / k
            slopes.append((total(up) - total(down)) / (2 * h / k))
        once = [(4 * b - a) / 3 for a, b in pairwise(slopes)]
        found[index] = (16 * once[1] - once[0]) / 15
    return found


def recorded(source: str) -> tuple[Subject, Any, Run]:
    candidate, module = subject(source)
    return candidate, module, record(candidate)


@pytest.mark.parametrize("name", FOLLOWED)
def test_it_is_followed(name: str) -> None:
    plain = subject(FOLLOWED[name])[1].backward({"p": P.copy()}, X.copy())[0]
    _, module = subject(FOLLOWED[name])
    candidate = Subject(module.backward, {"p": P}, X, None)
    right = differences(subject(FOLLOWED[name])[1])
    run = record(candidate)
    assert run.outcome.loss == float(plain)
    assert run.tape.lost == []
    found = run.derivatives()["p"]
    assert worst([found], [right]) < CLOSE
    assert leaks(candidate, run) == []


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_is_said(name: str) -> None:
    candidate, _ = subject(LOST[name])
    plain = subject(LOST[name])[1].backward({"p": P.copy()}, X.copy())[0]
    right = differences(subject(LOST[name])[1])
    try:
        run = record(candidate)
        found = run.derivatives()["p"]
    except NotFollowedError:
        return
    assert run.outcome.loss == float(plain)
    if worst([found], [right]) >= CLOSE:
        assert run.tape.lost or leaks(candidate, run)


# ---------------------------------------------------------------- before and after


def _state(module: Any) -> dict[str, Any]:
    names = {n: v for n, v in vars(module).items() if n not in ("__builtins__", "backward", "f", "Layer")}
    return {
        **names,
        **{f"layer.{n}": v for n, v in vars(module.layer).items()},
        "Layer.scale": module.Layer.scale,
    }


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float):  # float() of a recorded number is left as NumPy's float64
        return type(a) in (float, np.float64) and a == b
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return a is b or isinstance(a, (np.random.Generator, type(layer_of))) or a == b


class layer_of:  # noqa: N801 (a type to compare with)
    pass


@pytest.mark.parametrize("fail", [0, 9])
def test_the_users_modules_are_left_as_a_plain_run_leaves_them(fail: int) -> None:
    source = STATEFUL.replace("FAIL", str(fail))
    _, plain = subject(source)
    candidate, module = subject(source)
    before, importing = _state(module), builtins.__import__
    kept = dict(vars(builtins))
    params, x = {"p": P.copy()}, X.copy()
    for call in (lambda: plain.backward({"p": P.copy()}, X.copy()), lambda: record(candidate)):
        if fail:
            call()
        else:
            with pytest.raises(RuntimeError, match="planted"):
                call()
    after, right = _state(module), _state(plain)
    assert after.keys() == right.keys()
    for name in after:
        if name not in ("layer", "acts"):
            assert _same(after[name], right[name]) or type(after[name]).__name__ in ("module",), name
    assert module.acts == {"tanh": np.tanh, "exp": math.exp}
    assert type(module.acts["exp"]) is type(math.exp)
    assert module.np is np and module.math is math and module.exp is math.exp and "float" not in vars(module)
    assert module.TABLE is before["TABLE"] and module.pair is before["pair"] and module.rng is before["rng"]
    assert (
        module.layer.buffer is before["layer.buffer"]
        and module.layer.f is np.tanh
        and module.layer.g is np.cos
    )
    assert builtins.__import__ is importing and dict(vars(builtins)) == kept
    assert np.array_equal(params["p"], P) and np.array_equal(x, X)


SLOWLY = """
import time
old = f
def f(p, x):
    time.sleep(.001)
    return old(p, x)
"""


def test_two_threads_record_what_each_records_alone() -> None:
    text = FOLLOWED["nested lists and dicts"] + SLOWLY
    candidate, module = subject(text)
    alone = record(candidate)
    found: list[Run] = []
    before = dict(vars(module))
    threads = [threading.Thread(target=lambda: found.append(record(candidate))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    for run in found:
        assert len(run.tape.operations) == len(alone.tape.operations)
        assert np.array_equal(run.derivatives()["p"], alone.derivatives()["p"])
        assert run.tape.lost == []
    assert vars(module) == before and module.np is np


def test_a_record_within_a_record_is_refused() -> None:
    candidate, module = subject(FOLLOWED["mask"])

    def outer(params: Any, x: Any) -> Any:
        with pytest.raises(NotFollowedError, match="another"):
            record(candidate)
        return module.backward(params, x)

    run = record(Subject(outer, {"p": P}, X, None))
    assert worst([run.derivatives()["p"]], [differences(module)]) < CLOSE


def test_a_run_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from compare.trace.recording import tape

    monkeypatch.setattr(tape, "MOST_OPERATIONS", 10)
    with pytest.raises(NotFollowedError, match="too many"):
        recorded(FOLLOWED["zeros by index"])


def test_a_leak_is_placed() -> None:
    candidate, _, run = recorded(LOST["a string"])
    assert any("line 4" in sentence for sentence in leaks(candidate, run))


def test_records_are_arrays_and_numbers_like_numpys() -> None:
    seen: dict[str, Any] = {}

    def backward(params: Any, x: Any) -> Any:
        w = params["p"]
        seen.update(
            instance=isinstance(w, np.ndarray)
            and isinstance(w[0, 0], np.float64)
            and isinstance(w.sum(), float),
            text=(str(w[0, 0]), f"{w[0, 0]:.3f}", repr(w), format(w[0, 0], ".2f")),
            kinds=(
                w.dtype,
                (w > 0).dtype,
                w.astype(np.float32).dtype,
                (w * 2).shape,
                w.T.shape,
                w[0].ndim,
                w[0, 0].ndim,
            ),
            truth=(
                bool(w[0, 0] > 0),
                w[0, 0] == w[0, 0],
                hash(w[0, 0]) == hash(P[0, 0]),
                len(w),
                w.size,
                w.nbytes,
            ),
            copied=(copy.copy(w) == P).all(),
            small=(w.astype(np.float32)[0, 0] * 2.0).dtype,
        )
        return np.sum(w**2), {"p": 2 * w}

    record(Subject(backward, {"p": P}, X, None))
    assert seen["instance"] and seen["copied"] and seen["small"] == np.float32
    assert seen["text"] == (str(P[0, 0]), f"{P[0, 0]:.3f}", repr(P), f"{P[0, 0]:.2f}")
    assert seen["kinds"] == (P.dtype, np.dtype(bool), np.dtype("f4"), P.shape, P.T.shape, 1, 0)
    assert seen["truth"] == (bool(P[0, 0] > 0), True, True, 3, 12, 96)


def test_a_diagonal_that_wraps_is_followed():
    def loss_and_grads(params, x):
        a = np.zeros((7, 3))
        np.fill_diagonal(a, params["w"][0], wrap=True)
        ones = np.zeros((7, 3))
        np.fill_diagonal(ones, 1.0, wrap=True)
        return (a * a * x).sum(), {"w": np.array([2 * params["w"][0] * (ones * x).sum(), 0.0])}

    from compare import check_gradients

    x = np.random.default_rng(0).normal(size=(7, 3))
    report = check_gradients(loss_and_grads, {"w": np.array([1.5, 2.0])}, x)
    assert report.ok and report.about["witnesses"] == ["adjoint"]


def test_an_infinite_cotangent_of_a_product_is_carried_back():
    def backward(params, x, y):
        loss = np.sum(params["a"] @ params["b"]) * 1e200 * 1e200
        return loss, {n: np.zeros_like(p) for n, p in params.items()}

    subject = Subject(backward, {"a": np.zeros((2, 3)), "b": np.ones((3, 4))}, None, None)
    with np.errstate(all="ignore"):
        found = record(subject, subject.flat).derivatives()
    assert np.isinf(found["a"]).all() and found["b"].shape == (3, 4)
