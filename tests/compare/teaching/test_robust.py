"""A class with files that break things: every other row is right, and a run that is killed goes on where it ended."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest

from compare.cli import main
from compare.common.child import ROOT
from compare.files.sandbox import NO_SANDBOX, chosen
from compare.teaching.assignment import read
from compare.teaching.folder import grade_all, submissions
from compare.teaching.journal import Journal
from tests.compare.teaching.sample import ASSIGNMENT, RIGHT, changed, first
from tests.compare.teaching.test_exercise_attacks import stale

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
# Past the audit hook: the process that judges is ended by the kernel's own call.
PAST_THE_HOOK = "import ctypes, os\nctypes.CDLL(None).kill(os.getppid(), 9)\n"


@pytest.fixture
def course(tmp_path):
    """(folder of submissions, assignment's path)"""
    (tmp_path / "class").mkdir()
    (tmp_path / "assignment.py").write_text(ASSIGNMENT)
    return tmp_path / "class", tmp_path / "assignment.py"


def rows(course, jobs=2, **options):
    folder, assignment = course
    found = submissions([(folder, None)], assignment)
    return {g.submission: g for g in grade_all(found, read(str(assignment)), jobs, **options).submissions}


@linux
def test_names_that_are_no_text_and_files_that_cannot_be_read_are_rows(course, tmp_path, capsys):
    folder, assignment = course
    names = [b"\xe9t\xe9.py", b"\x1b[31mred.py", b"=1+1.py", "\u202egnp.py".encode(), b"new\nline.py"]
    for name in names:
        with open(os.path.join(os.fsencode(folder), name), "w") as file:
            file.write(RIGHT)
    (folder / "closed.py").write_text(RIGHT)
    (folder / "closed.py").chmod(0)
    (folder / "folder.py").mkdir()
    (folder / "gone.py").symlink_to(folder / "nothing.py")
    (folder / "brown.py").symlink_to(folder / "closed.py")
    table, raw = tmp_path / "g.csv", tmp_path / "g.json"
    command = ["check", str(folder), "--against", str(assignment), "--csv", str(table), "--json", str(raw)]
    assert main(command) == 0
    with table.open(newline="") as lines:
        found = {row["submission"]: row["status"] for row in csv.DictReader(lines)}
    right = {n for n, status in found.items() if status == "right"}
    assert right == {"\\udce9t\\udce9", "\\x1b[31mred", "'=1+1", "\\u202egnp", "new\\nline"}
    assert {found[n] for n in ("closed", "folder", "gone", "brown")} == {"unusable"}
    assert len(found) == 9 and len(json.loads(raw.read_bytes())["submissions"]) == 9
    assert capsys.readouterr().out.replace("\n", "").isprintable()
    assert not list(tmp_path.glob("*.part*"))


@linux
@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_ends_the_judge_costs_its_own_row_alone(course, jobs):
    folder, _ = course
    for name in ("adams", "brown", "zhang"):
        (folder / f"{name}.py").write_text(RIGHT)
    (folder / "evil.py").write_text(PAST_THE_HOOK)
    found = rows(course, jobs, sandbox=NO_SANDBOX)
    assert {n: g.status for n, g in found.items()} == dict.fromkeys(("adams", "brown", "zhang"), "right") | {
        "evil": "crashed"
    }
    assert (found["evil"].points, found["evil"].of) == (0, 10)


def test_a_bug_has_its_points_and_its_exit_status(course, capsys, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("no \x1b[2J")

    folder, assignment = course
    (folder / "adams.py").write_text(RIGHT)
    monkeypatch.setattr("compare.teaching.folder.grade", broken)
    assert main(["check", str(folder), "--against", str(assignment)]) == 4
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err and "no verdict on adams" in said.err
    assert "0  10" in said.out


@linux
@pytest.mark.slow
def test_a_run_that_is_killed_loses_no_row_and_grades_none_twice(course, tmp_path):
    folder, assignment = course
    for k in range(8):
        slow = first(f"import time; time.sleep(0.012 if '{k}' else 0)")
        (folder / f"s{k}.py").write_text(slow if k % 2 else changed(("delta1.sum", "delta1.mean"), text=slow))
    table, part = tmp_path / "g.csv", tmp_path / "g.csv.part"
    code = f"import sys; sys.path.insert(0, {ROOT!r})\nfrom compare.cli import main\n"
    code += "if __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
    script = tmp_path / "threeways_.py"
    script.write_text(code)
    command = [sys.executable, "-P", str(script), "check", str(folder), "--against", str(assignment)]
    command += ["--csv", str(table), "--jobs", "2"]
    seen = 0
    for _ in range(3):  # killed after each two rows more
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen += 2
        while run.poll() is None and (not part.exists() or part.read_bytes().count(b"\n") < seen + 1):
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        run.wait()
        seen = max(seen, part.read_bytes().count(b"\n") - 1)
    with part.open("ab") as file:
        file.write(b'{"of": "cut sho')  # as a kill in the middle of a line leaves it
    assert (
        subprocess.run([*command, "--json", str(tmp_path / "g.json")], stdout=subprocess.DEVNULL).returncode
        == 0
    )
    raw = json.loads((tmp_path / "g.json").read_text())
    assert raw["resumed"] >= seen >= 6
    assert [g["status"] for g in raw["submissions"]] == ["wrong", "right"] * 4
    with table.open(newline="") as lines:
        assert [row["points"] for row in csv.DictReader(lines)] == ["8", "10"] * 4
    assert not part.exists() and not list(tmp_path.glob(".g*"))


def test_a_changed_file_or_assignment_is_graded_anew(course, tmp_path):
    folder, assignment = course
    (folder / "adams.py").write_text(RIGHT)
    journal = tmp_path / "g.part"

    def resumed():
        found = submissions([(folder, None)], assignment)
        return grade_all(found, read(str(assignment), rehearse=False), 1, journal=journal).resumed

    assert [resumed(), resumed()] == [0, 1]
    (folder / "adams.py").write_text(RIGHT + "\n")
    assert [resumed(), resumed()] == [0, 1]
    assignment.write_text(assignment.read_text() + "\n")
    assert resumed() == 0
    journal.write_bytes(b"\xff\x00 no JSON\n[1, 2]\n")
    assert resumed() == 0
    with closing(Journal(journal, {"another": 1})) as other:
        assert not other.known


def test_a_classmates_file_cannot_be_imported_and_a_helper_can(course):
    folder, _ = course
    (folder / "adams.py").write_text(RIGHT)
    (folder / "brown.py").write_text(
        "from adams import loss_and_grads as stolen\ndef f(p, x, y): return stolen(p, x, y)\n"
    )
    (folder / "_helper.py").write_text("FACTOR = 1\n")
    (folder / "chen.py").write_text("from _helper import FACTOR\n" + RIGHT)
    (folder / "diaz.py").write_text(
        "import sys\nsys.path.insert(0, __file__[:-8])\nfrom adams import loss_and_grads\n"
    )
    found = rows(course)
    assert [found[n].status for n in ("adams", "brown", "chen", "diaz")] == [
        "right",
        "raised",
        "right",
        "raised",
    ]


def test_in_a_folder_of_its_own_a_submission_imports_what_is_beside_it(course):
    folder, _ = course
    for name in ("adams", "brown"):
        (folder / name).mkdir()
        (folder / name / "solution.py").write_text(
            "from layers import loss_and_grads\ndef f(*a): return loss_and_grads(*a)\n"
        )
    (folder / "adams" / "layers.py").write_text(RIGHT)
    for sandbox in (NO_SANDBOX, chosen("auto")):
        found = rows(course, sandbox=sandbox)
        assert [found[f"{name}/solution"].status for name in ("adams", "brown")] == ["right", "raised"]


def test_bytecode_beside_a_submission_is_never_run(course):
    folder, _ = course
    file = folder / "adams.py"
    file.write_text(changed(("delta1.sum", "delta1.mean")))
    stale(file, RIGHT)
    assert rows(course)["adams"].points == 8


def test_a_coarser_type_is_mentioned(course, capsys):
    folder, assignment = course
    (folder / "adams.py").write_text(
        changed(('"b1": delta1.sum(axis=0)', '"b1": np.float32(delta1.sum(axis=0))'))
    )
    assert main(["check", str(folder / "adams.py"), "--against", str(assignment)]) == 1
    said = capsys.readouterr().out
    assert "W1, W2, b2: right" in said and "Note: b1 is float32, which has fewer digits" in said
