"""Twelve forms of hand-written code, each right and with three mistakes, through the command line; counted.

python -m tests.compare.user.forms.twelve
"""

import json
import tempfile
from pathlib import Path

from ....processes import python
from . import (
    test_apart,
    test_arguments,
    test_cached,
    test_engine,
    test_exercise,
    test_globals,
    test_layers,
    test_objects,
    test_script,
)
from .judged import mistaken


def _of(form, mistakes):
    return [(right, wrong) for name, right, wrong in mistakes if name == form][:3]


FORMS = {
    "a class with attributes": (test_objects.ATTRIBUTES, _of("attributes", test_objects.MISTAKES)),
    "layers in a list": (test_layers.LAYERS, test_layers.MISTAKES),
    "a flat script": (test_script.FLAT, _of("flat", test_script.MISTAKES)),
    "a script in a notebook": (test_script.FLAT, _of("flat", test_script.MISTAKES)),
    "Coursera's three functions": (test_cached.COURSERA, _of(test_cached.COURSERA, test_cached.MISTAKES)),
    "cs231n's class": (test_objects.CS231N, _of("cs231n", test_objects.MISTAKES)),
    "Nielsen's network class": (test_objects.NIELSEN, _of("nielsen", test_objects.MISTAKES)),
    "a char-RNN with globals": (test_globals.CHARACTERS, test_globals.MISTAKES),
    "a scalar engine": (test_engine.STRAIGHT, _of(test_engine.STRAIGHT, test_engine.MISTAKES)),
    "intermediate derivatives": (test_exercise.EXERCISE, [m[:2] for m in test_exercise.MISTAKES]),
    "scipy's fun and jac": (test_apart.SCIPY, _of(test_apart.SCIPY, test_apart.MISTAKES)),
    "separate arguments": (test_arguments.NETWORK, test_arguments.MISTAKES),
}
CELLS = 2  # of the notebook: what is above its loop, and the loop


def checked(form, text, folder):
    """Check a text by the command; return its exit status, the lines that it names, and what it printed."""
    notebook = form == "a script in a notebook"
    file, result = Path(folder, f"mine.{'ipynb' if notebook else 'py'}"), Path(folder, "result.json")
    head, loop, rest = text.partition("for i in")
    file.write_text(test_script.notebook(head, loop + rest) if notebook else text)
    before = file.read_bytes()
    ended = python("-m", "threeways", "check", file, "--json", result, "--force")
    assert file.read_bytes() == before
    found = json.loads(result.read_text())["findings"] if result.exists() else []
    result.unlink(missing_ok=True)
    above = head.count("\n") if notebook else 0  # lines of a finding count from its cell's first
    lines = {n + above * f["file"].endswith(f"cell {CELLS}") for f in found for n in (f["line"], *f["lines"])}
    return ended.returncode, lines, ended.stdout + ended.stderr


def counted(form, folder):
    """Return whether the right text of a form is RIGHT, which mistakes are found on their line, and what was said."""
    text, mistakes = FORMS[form]
    status, _, said = checked(form, text, folder)
    right, found, wrong = status == 0 and "RIGHT" in said, [], [] if status == 0 else [said]
    for mistake in mistakes:
        made, line = mistaken(text, *mistake)
        status, lines, said = checked(form, made, folder)
        found.append(status == 1 and line in lines)
        wrong += [] if found[-1] else [said]
    return right, found, wrong


def main():
    right = placed = planted = 0
    for form in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            is_right, found, said = counted(form, folder)
        right, placed, planted = right + is_right, placed + sum(found), planted + len(found)
        print(
            f"{form:28} {'RIGHT' if is_right else 'not right'}, {sum(found)} of {len(found)} on their line",
            *said,
            sep="\n" if said else "",
            flush=True,
        )
    print(
        f"{right} of {len(FORMS)} forms right, {placed} of {planted} mistakes on their line, files unchanged"
    )


if __name__ == "__main__":
    main()
