"""Every lesson runs as a script, its assertions hold, and every claim of the texts has a verdict."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "docs" / "lessons").glob("[0-9]*.py"))
TABLE = next(script for script in LESSONS if script.stem == "03_five_texts")
# Lesson 3 runs the lessons of the texts itself, and their assertions with them.
AGAIN = re.findall(r'^    "(\w+)\.py",$', TABLE.read_text(encoding="utf-8"), re.MULTILINE)
ALONE = [script for script in LESSONS if script != TABLE and script.stem not in AGAIN]
EXPECTED = [
    f"{text}{n}" for text, many in zip("ABCDE", (5, 6, 6, 8, 15), strict=True) for n in range(1, many + 1)
]


# XLA optimises, as it does for a reader, but where it takes longer than the many small programs that it compiles.
SMALL = ("07_why_not_fully_connected", "11_my_model_in_two_frameworks")
ENVIRONMENT = {"MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT), "XLA_FLAGS": ""}


def run(script, *arguments, cwd):
    """Run one lesson in a process of its own, with warnings as errors; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), *arguments],
        cwd=cwd,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,  # a lesson takes seconds; this ends one that hangs
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def forks():
    """A process that has imported the frameworks, and runs each lesson in a fork of itself."""
    command = [sys.executable, "-W", "error", "-m", "tests.docs.running"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | ENVIRONMENT, **pipes) as process:
        yield process
        process.stdin.close()


@pytest.mark.lesson
@pytest.mark.parametrize("script", ALONE, ids=lambda s: s.stem)
def test_a_lesson_runs_as_a_script_and_holds_what_it_asserts(script, forks, tmp_path_factory):
    there, beside = tmp_path_factory.mktemp("there"), tmp_path_factory.mktemp("beside")
    files = {"out": str(beside / "out"), "err": str(beside / "err")}
    flags = {"XLA_FLAGS": os.environ.get("XLA_FLAGS", "") if script.stem in SMALL else ""}
    print(
        json.dumps({"argv": [str(script)], "cwd": str(there), "environment": flags, **files}),
        file=forks.stdin,
    )
    forks.stdin.flush()
    assert forks.stdout.readline() == "0\n", (beside / "err").read_text()[-3000:]
    assert (beside / "out").read_text().strip()
    assert not any(there.iterdir()), "a lesson leaves nothing behind"


@pytest.fixture(scope="module")
def claims(tmp_path_factory):
    """The table that lesson 3, run from the shell, writes; it runs six lessons and leaves nothing else behind."""
    assert len(AGAIN) == 6 and len(ALONE) + len(AGAIN) + 1 == len(LESSONS)
    folder = tmp_path_factory.mktemp("claims")
    run(TABLE, "claims.json", cwd=folder)
    assert [path.name for path in folder.iterdir()] == ["claims.json"]
    return json.loads((folder / "claims.json").read_text(encoding="utf-8"))


@pytest.mark.lesson
def test_every_claim_of_the_texts_has_a_verdict_and_a_figure(claims):
    assert claims["schema"] == "threeways/claims/1"
    assert [claim["id"] for claim in claims["claims"]] == EXPECTED
    for claim in claims["claims"]:
        assert claim["verdict"] in ("holds", "in part", "does not hold")
        assert re.search(r"\d", claim["figure"]), f"{claim['id']} has no figure"
        assert claim["says"]
        assert bool(claim["right"]) == (claim["verdict"] != "holds"), f"{claim['id']}: what would be right?"


@pytest.mark.lesson
def test_the_table_in_the_repository_is_the_one_the_lessons_make(claims):
    """Claims and verdicts are equal; figures may differ in their last digits between machines."""
    kept = json.loads((ROOT / "docs" / "lessons" / "claims.json").read_text(encoding="utf-8"))
    for there, made in zip(kept["claims"], claims["claims"], strict=True):
        for key in ("id", "says", "verdict", "lesson"):
            assert there[key] == made[key]


@pytest.mark.parametrize("script", LESSONS, ids=lambda s: s.stem)
def test_a_lesson_asks_predicts_and_asserts(script):
    text = script.read_text(encoding="utf-8")
    introduction = text.split('"""')[1]
    assert "**" in introduction and "?" in introduction, "the question stands in bold"
    assert "Prediction:" in introduction
    assert re.search(r"^assert ", text, re.MULTILINE)
    assert "\n# %%\n" in text


@pytest.mark.parametrize("script", LESSONS, ids=lambda s: s.stem)
def test_a_lesson_uses_public_names_only(script):
    text = script.read_text(encoding="utf-8")
    private = re.findall(r"[\w\])]\._[a-z]\w*", text) + re.findall(r"import _\w+", text)
    assert not private, private
