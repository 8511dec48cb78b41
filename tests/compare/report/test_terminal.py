"""The table of arrays fits the terminal, and no number in it is cut short."""

from compare.report import terminal
from compare.report.kinds import gradients
from compare.report.kinds.gradients import footing
from compare.report.wording import WIDTH, change

WITNESSES = ("torch", "jax", "manual", "numerical")


def verdict(name, value, status="agree", sensitivity=None):
    values = {"hand": value} | {who: value for who in WITNESSES}
    return {
        "name": name,
        "status": status,
        "worst_index": (12, 13),
        "values": values,
        "error": 1e-16,
        "noise": 1e-16,
        "ratio": 1.0,
        "sensitivity": sensitivity,
    }


def report(*verdicts):
    return {"verdicts": list(verdicts), "about": {"dtype": "float64"}}


def table(report):
    return "\n".join(terminal.table(gradients.table(report, "yours")))


def test_many_witnesses_take_digits_and_never_an_exponent():
    said = table(
        report(verdict("gamma_att1", -2.220446049250313e-16, "inherited"), verdict("W1", 0.123456789))
    )
    assert "…" not in said and max(map(len, said.splitlines())) <= WIDTH
    row = next(line for line in said.splitlines() if line.startswith("gamma_att1"))
    assert row.count("e-16") == 1 + len(WITNESSES) + 1


def test_two_columns_keep_ten_digits():
    one = verdict("W1", 0.12345678901)
    one["values"] = {"hand": 0.12345678901, "torch": 0.12345678901}
    assert table(report(one)).count("0.123456789 ") == 2


def test_what_was_found_wrong_says_nothing_of_what_would_be_caught():
    right, wrong = verdict("W1", 1.0, sensitivity=1e-14), verdict("b1", 1.0, "wrong", 400.0)
    assert footing(report(right, wrong)).endswith("would catch: 1e-14")
    assert footing(report(wrong)) == "float64 keeps about 16 digits."


def test_a_change_of_a_long_line_shows_what_differs():
    before = (
        "return (loss, {" + ", ".join(f"'W{i}': x.T @ d{i}" for i in range(9)) + ", 'b1': dz.mean(axis=0)})"
    )
    said = change(before, before.replace("mean", "sum"))
    assert "dz.mean(axis=0)" in said and "dz.sum(axis=0)" in said
    assert max(map(len, said.splitlines())) <= 98
    assert change("a = b", "a = c") == "- a = b\n+ a = c"
