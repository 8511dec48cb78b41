"""An exercise is judged outside the process of its rules: nothing in the file writes, steals or changes the verdict."""

import py_compile

import pytest

from compare.cli import main
from compare.common.errors import UserError
from compare.files.process import run
from compare.files.raised import NoAnswerError
from compare.files.sandbox import NO_SANDBOX
from compare.teaching import handout
from compare.teaching.exercise import check
from tests.compare.files.test_process import RIGHT
from tests.compare.teaching.test_exercise import NETS, right_text

NET = NETS["fused"]
EMPTY = handout.write(NET.build("hand"), NET.fields, "here")
UNWRITTEN = "return None  # your formula"


def filled(**bodies):
    """The handout with these bodies for its rules."""
    text = EMPTY
    for rule, body in bodies.items():
        head, _, tail = text.partition(f"def {rule}(")
        text = head + f"def {rule}(" + tail.replace(UNWRITTEN, body, 1)
    return text


PATCH = """
import gc, sys, types
for module in [m for m in gc.get_objects() if isinstance(m, types.ModuleType)]:
    for name in ("judge", "check_rules", "_judged", "_compared", "ruled", "check"):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: None)
"""
# Reads a right delta out of any frame, any object, or the trace it is given.
FRAMES = """
import sys
def stolen(l):
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            found = getattr(value, "delta", value.get("delta") if isinstance(value, dict) else None)
            if isinstance(found, dict) and l in found:
                return found[l]
        frame = frame.f_back
"""
HARNESS = """
import gc
def net():
    return next(o for o in gc.get_objects() if type(o).__name__ in ("MLP", "Handed"))
"""
# {name: (text, rules that may be right)}
FORGED = {
    "nothing_is_filled_in": (EMPTY, set()),
    "patches_the_judge": (EMPTY + PATCH, set()),
    "its_own_answer_in_the_trace": (
        filled(
            output_delta="return p.delta[DEPTH]",
            hidden_delta="return p.delta[l]",
            weight_gradient="return p.dW[l]",
            bias_gradient="return p.db[l]",
            through_activation="return da * p.slope[l]",
        ),
        set(),
    ),
    "its_answer_in_a_frame": (
        filled(output_delta="return stolen(DEPTH)", hidden_delta="return stolen(l)") + FRAMES,
        set(),
    ),
    "the_rules_of_an_object": (
        filled(output_delta="return net().output_delta(p)", hidden_delta="return net().hidden_delta(l, p)")
        + HARNESS,
        set(),
    ),
    "what_it_was_lent_is_kept": (
        filled(
            hidden_delta="kept[l] = through_activation(l, 0 * p.z[l] + 1, p); return through_activation("
            "l, p.delta[l + 1] @ p.W[l + 1], p)",
            through_activation="return kept[l] * da",
        ).replace("DEPTH =", "kept = {}\nDEPTH ="),
        {"hidden_delta"},
    ),
    "deltas_are_kept": (
        filled(
            weight_gradient="kept.update(p.delta); return p.delta[l].T @ p.a[l - 1]",
            bias_gradient="kept.update(p.delta); return p.delta[l].sum(0)",
            output_delta="return kept[DEPTH]",
            hidden_delta="return kept[l]",
        ).replace("DEPTH =", "kept = {}\nDEPTH ="),
        {"weight_gradient", "bias_gradient"},
    ),
    "coarse_types": (
        filled(
            weight_gradient="return (1.0003 * p.delta[l].T @ p.a[l - 1]).astype(np.float16)",
            bias_gradient="return (1.0003 * p.delta[l].sum(0)).astype(np.float16)",
        ),
        set(),
    ),
    "asks_for_any_rule": (
        filled(hidden_delta="return asked('hidden_delta', l)")
        + "\ndef asked(name, *a):\n    import gc\n    from functools import partial\n"
        "    partials = [o for o in gc.get_objects() if isinstance(o, partial)]\n"
        "    ask = next(o for o in partials if o.args[2:] == ('through_activation',))\n"
        "    return ask.func(*ask.args[:2], name, *a)\n",
        set(),
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_no_rule_is_right_that_was_not_written(name, tmp_path):
    text, honest = FORGED[name]
    (tmp_path / "backward.py").write_text(text)
    try:
        outcome = check(str(tmp_path / "backward.py"), sandbox=NO_SANDBOX)
    except NoAnswerError as error:  # it broke its own process
        assert error.kind == "crashed" and not honest
        return
    right = {r["rule"] for r in outcome.report["rules"] if r["state"] == "right"}
    assert right <= honest and outcome.exit == 1, outcome.report["rules"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EMPTY + "\nfrom manual import MLP\n", "imports manual"),
        (EMPTY + "\nimport compare.teaching.exercise as e\ne.judge = None\n", "imports compare, manual"),
        (EMPTY + "\nEXERCISE['points'] = float('nan')\n", "EXERCISE in the file has been changed"),
        (EMPTY + "\nEXERCISE['points'] = -1\n", "EXERCISE in the file has been changed"),
        (EMPTY + "\nEXERCISE['sizes'] = (4, 10**9, 3)\n", "EXERCISE in the file has been changed"),
        (EMPTY + "\nEXERCISE['l2_biases'] = [True]\n", "EXERCISE in the file has been changed"),
        (EMPTY + "\nEXERCISE = ['sizes']\n", "no dict with sizes"),
        (RIGHT, "no dict with sizes"),
        (EMPTY + "\nimport os; os._exit(0)\n", "ended with status 0"),
        (EMPTY + "\nimport os, signal; os.kill(os.getppid(), signal.SIGKILL)\n", "no other process"),
    ],
)
def test_what_gives_no_verdict_ends_in_one_line(text, said, tmp_path, capsys):
    (tmp_path / "backward.py").write_text(text)
    assert main(["check", str(tmp_path), "--sandbox", "none"]) == 2
    assert said in capsys.readouterr().err


def test_a_right_exercise_is_right_in_every_sandbox(tmp_path, capsys):
    (tmp_path / "backward.py").write_text(right_text(NET))
    for mode in ("none", "auto"):
        assert main(["check", str(tmp_path), "--sandbox", mode]) == 0, capsys.readouterr()


def test_a_loop_in_a_rule_ends_with_its_line(tmp_path):
    (tmp_path / "backward.py").write_text(filled(output_delta="while True: pass"))
    with pytest.raises(UserError, match=r"ran out of time after 1 s in backward.py, line"):
        check(str(tmp_path / "backward.py"), timeout=1)


def stale(file, text):
    """Bytecode of `text` beside a file, marked never to be compared with it."""
    kept = file.read_text()
    file.write_text(text)
    py_compile.compile(str(file), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    file.write_text(kept)


def test_bytecode_beside_a_file_is_never_run(tmp_path):
    file, helper = tmp_path / "backward.py", tmp_path / "helper.py"
    file.write_text(EMPTY + "\nimport helper\n")
    helper.write_text("")
    stale(file, right_text(NET))
    stale(helper, "raise SystemExit('stale')\n")
    assert {r["state"] for r in check(str(file)).report["rules"]} == {"empty"}
    assert len(list(tmp_path.glob("__pycache__/*"))) == 2  # nor written


def test_a_module_without_a_source_is_none(tmp_path):
    (tmp_path / "helper.py").write_text("")
    py_compile.compile(str(tmp_path / "helper.py"), cfile=str(tmp_path / "helper.pyc"))
    (tmp_path / "helper.py").unlink()
    (tmp_path / "mine.py").write_text("import helper\n")
    with pytest.raises(UserError, match="ModuleNotFoundError"):
        run(str(tmp_path / "mine.py"))
