"""The table of a terminal: at most 100 columns, every number whole; what was outvoted is said."""

import pytest

from compare.report import door

NAMES = ("hand", "torch", "jax", "numerical")


def verdict(name, value=-1.234567890123e-15, reason="within rounding"):
    return {
        "name": name,
        "status": "agree",
        "reason": reason,
        "error": 1e-16,
        "noise": 1e-15,
        "ratio": 0.1,
        "worst_index": [28, 0, 24, 22],
        "values": dict.fromkeys(NAMES, value),
        "errors": dict.fromkeys(NAMES[1:], 1e-16),
        "sensitivity": 1e-13,
    }


def report(*verdicts):
    about = {"network": "a network, " * 10, "batch": 2, "data": "digits", "dtype": "float64"}
    return {
        "schema": "threeways/gradients/1",
        "verdicts": verdicts,
        "about": about,
        "warnings": [],
        "loss": {"status": "agree"},
    }


@pytest.mark.parametrize("name", ["W1", "delta_weights1"])
@pytest.mark.parametrize("value", [-1.234567890123e-15, 0.25, "nan", "inf"])
def test_a_table_fits_100_columns_and_cuts_no_number(name, value):
    said = door.text(report(verdict(name, value)))
    row = next(line for line in said.splitlines() if line.startswith(name))
    shown = row.split()[3:7]
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 100
    assert len(set(shown)) == 1
    assert float(shown[0]) == pytest.approx(float(value), rel=1e-4, nan_ok=True)


def test_a_witness_that_was_outvoted_is_not_said_to_agree():
    off = verdict("delta_pool1", reason="within rounding of torch and jax; numerical is off here")
    said = door.text(report(verdict("W1"), off))
    assert said.startswith("RIGHT  All 2 arrays by hand agree with torch and jax, 1 of them with numerical")
    assert "Note: numerical is off here" in said
    assert "delta_pool1." in said


def test_without_a_remark_all_witnesses_agree():
    said = door.text(report(verdict("W1")))
    assert said.startswith("RIGHT  All 1 arrays by hand agree with torch, jax and numerical differences.")
    assert "Note" not in said
