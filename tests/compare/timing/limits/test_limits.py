"""What the pages say of static graphs is what the installed frameworks do."""

import pytest

from compare.timing.limits import attempt, observation


def both():
    pytest.importorskip("jax")
    pytest.importorskip("torch")
    return {f"{o.who}: {o.tried}": o for o in observation.everything().observations}


def test_every_observation_is_as_the_pages_say():
    assert [name for name, o in both().items() if not o.as_said] == []


def test_a_branch_on_data_is_refused_by_jit_with_its_real_error():
    assert both()["jax.jit: if v > 0, v an argument"].error == "TracerBoolConversionError"


def test_a_captured_value_goes_stale_in_jax_and_is_guarded_in_torch():
    seen = both()
    assert "then still 2" in seen["jax.jit: a captured value changes"].seen
    assert "then 10" in seen["torch.compile: a captured value changes"].seen


def test_what_is_not_refused_after_all_is_not_as_said():
    assert not attempt.refused("adding", lambda: 1 + 1).as_said


def test_an_unexpected_error_is_an_observation_too():
    def broken():
        raise RuntimeError("something new")

    found = attempt.observed("torch", broken)
    assert not found.as_said
    assert "something new" in found.seen
