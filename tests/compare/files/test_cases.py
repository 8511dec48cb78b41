"""Files as newcomers have them: each is read without a change, and what was taken for what is said."""

import re
from pathlib import Path

import numpy as np
import pytest

from compare.common.errors import UserError
from threeways import check_gradients

from ..user.forms.judged import mistaken, report_on

CASES = Path(__file__).parent / "cases"
RIGHT = {
    "flat.py": "Taken: loss `loss`, gradients `dW1`, `db1`, `dW2`, `db2` of a pass through the loop in line 6",
    "method.py": "Taken: loss `nn.loss`, gradients `nn.dW1`",
    "cs231n_loss_signature.py": "Taken: loss `net.loss`, gradients of `net.loss`, parameters W1, b1, W2, b2",
    "wrong_function_called.py": "Taken: loss of `forward_n`, gradients of `backward_n`, parameters W1, b1",
    "intermediates_in_grads.py": "",
    "one_value_too_many.py": "",
    "notebook.ipynb": "",
    "last_digit.py": "",
    "lstm_slow.py": "",
}
WRONG = {
    "picks_forward_by_arity.py": ("Every array is 2 = K times", {8}),
    "scalar3.py": ("w is off in 3 of 3 entries", {3}),
    "hint_misleading_tanh.py": ("W1 is off", {17}),
    "cost_and_gradient_apart.py": ("theta is off in 1 of 4 entries: [0].", {4}),
    "false_every_array.py": ("value is off in 1 of 3 entries: [0].", {16}),
    "log_eps.py": (
        "Your loss takes log(p + 1e-07); your gradient is that of the loss with log(p).",
        {19, 20},
    ),
    "numbers_only.py": ("value is off in rows 2, 5 only.", {20}),
    "see_for_yourself.py": ("w is 1/2 of the right value", {2}),
}


def judged(name, folder):
    return report_on((CASES / name).read_text(), folder, name=name)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_file_is_right(name, tmp_path):
    report = judged(name, tmp_path)
    assert report.ok, str(report)
    assert report.about.get("taken", "").startswith(RIGHT[name])


@pytest.mark.lines
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_placed(name, tmp_path):
    report, (sentence, lines) = judged(name, tmp_path), WRONG[name]
    assert report.diagnosis.startswith(sentence)
    assert lines & {n for f in report.findings for n in (f.line, *f.lines)}, report.findings


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("flat.py", "d1.sum(0,keepdims=True)", "d1.mean(0,keepdims=True)"),
        ("method.py", "self.dW2=self.a1.T@d", "self.dW2=self.z1.T@d"),
        ("cs231n_loss_signature.py", "(h > 0)", "(h >= 0) * 2"),
        ("one_value_too_many.py", "dn = Whh.T @ r", "dn = Whh @ r"),
    ],
)
def test_a_mistake_in_it_is_placed(name, right, wrong, tmp_path):
    made, line = mistaken((CASES / name).read_text(), right, wrong)
    report = report_on(made, tmp_path)
    assert not report.ok
    assert line in {n for f in report.findings for n in (f.line, *f.lines)}, report.findings


def test_the_digits_of_n_in_a_ratio_are_not_called_n(tmp_path):
    said = str(judged("and_N.py", tmp_path))
    assert said.startswith("WRONG  v is -") and "N=" not in said.partition("\n")[0]
    assert not re.search(r"line (\d+) or \1", said)  # two statements of one line are one line


@pytest.mark.lines
@pytest.mark.parametrize(
    ("scale", "ratio"),
    [
        (0.125, "1.5 = K / 2 times"),
        (-1 / 6, "-2 times the right value: the sign is reversed, and a factor of 2 is too"),
    ],
)
def test_a_constant_of_the_squared_error_is_said_in_its_parts(scale, ratio, tmp_path):
    text = (CASES / "mse_constants.py").read_text()
    report = report_on(text.replace("SCALE = 1.0", f"SCALE = {scale!r}"), tmp_path)
    assert report.diagnosis.startswith(f"Every array is {ratio}")
    assert 21 in {n for f in report.findings for n in (f.line, *f.lines)}
    for fix in (f.fix for f in report.findings if f.fix):
        assert (
            fix["from"] in text and fix["from"] != fix["to"]
        )  # two changes of a line are one, of the line as it is


def test_a_file_without_arrays_gets_the_lines_to_add_with_its_own_keys(tmp_path):
    with pytest.raises(UserError, match="no params and no x and no y") as raised:
        judged("hint_misleading_minus2.py", tmp_path)
    assert 'return {"W1": rng.normal(size=(3, 2)), "b1": rng.normal(size=3), "W2"' in str(raised.value)


def test_the_lines_to_see_for_yourself_run(tmp_path):
    for name in ("see_for_yourself.py", "scalar3.py"):
        text = (CASES / name).read_text()
        shown = str(report_on(text, tmp_path, name=name))
        lines = re.search(r"See for yourself:\n((?:  .*\n)+)", shown)[1]
        names = {"np": np}
        code = "\n".join(line[2:] for line in lines.splitlines())
        exec(f"{text}\n{code.replace('(up - down)', 'quotient = (up - down)')}", names)
        right = float(re.search(r"right (-?[\d.]+)", shown)[1])
        assert np.isclose(names["quotient"], right, rtol=1e-4)


def test_what_float32_inside_jax_hides_is_said_up_front():
    jax = pytest.importorskip("jax")
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(4, 5)), "V": rng.normal(size=(5, 3))}
    x, y = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))

    def loss(p, x, y):
        return jax.numpy.mean((jax.numpy.tanh(x @ p["W"]) @ p["V"] - y) ** 2)

    def hand(p, x, y):
        value, grads = jax.value_and_grad(loss)(p, x, y)
        return value, {**grads, "W": 1.0003 * grads["W"]}

    first = str(check_gradients(hand, params, x, y)).partition("\n")[0]
    assert re.match(r"RIGHT  All 2 arrays are the gradient of your loss, to a relative \de-03", first)
