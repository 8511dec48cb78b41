"""Run other gradient checkers on benchmarks/wild: which find the mistakes of the public, and whom do they accuse?

    python benchmarks/league.py --json docs/benchmarks/league.json --write docs/league.md

Rivals that are not installed are first put into a folder of their own (--rivals; it is kept): pure Python packages,
without what they depend on, so that NumPy, torch and jax stay as they are. --no-install leaves them out of the table.
--tools A,B runs some of them; --jobs N threeways checks so many files at a time; --quick takes every eighth case.
The tools, and how to enter another, are in rivals.py.
"""

import argparse
import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rivals import TOOLS, Candidate

from compare.checks.bench.wild.bench import bench
from compare.checks.bench.wild.corpus import cases
from compare.checks.bench.wild.normal import module_of, normal
from compare.commands.mistakes import judged_in_public
from compare.common.results import environment, plain, write_json

PACKAGES = {  # of each rival what it imports, beside NumPy, SciPy, torch and jax
    "autograd": ("autograd",),
    "chex": ("chex", "absl-py", "toolz"),
    "numdifftools": ("numdifftools",),
    "derivcheck": ("derivcheck",),
    "gradients": ("gradients",),
}
FOLDER = Path(tempfile.gettempdir(), "threeways-league")
BEGIN, END = "<!-- benchmarks/league.py -->", "<!-- end -->"


def install(folder):
    """Put the rivals that are missing into the folder, and let them be imported from there, after all others."""
    sys.path.append(str(folder))
    lacking = [p for n, packages in PACKAGES.items() if importlib.util.find_spec(n) is None for p in packages]
    if lacking:
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(folder),
            *lacking,
        ]
        ended = subprocess.run(command, capture_output=True, text=True)
        importlib.invalidate_caches()
        if ended.returncode:
            print(
                f"left out, because pip could not install them: {', '.join(lacking)}\n{ended.stderr[-400:]}"
            )


def of_children():
    """Return the CPU seconds of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def candidates(chosen):
    """Yield (case, whether the file is wrong, Candidate or None where the case is no gradient)."""
    for case in chosen:
        for wrong in (True, False):
            if wrong and case.accused:
                continue
            if case.how == "step":
                yield case, wrong, None
                continue
            form = normal(case, module_of(case.wrong if wrong else case.right))
            yield case, wrong, Candidate(form.params, form.run)


def of_tool(name, tool, files):
    """Return the tool's row: how often it was right, what it could not take, and its CPU seconds."""
    row = {"tool": name, "found": 0, "cases": 0, "false_alarms": 0, "right": 0, "not_taken": 0, "raised": []}
    seconds = []
    for case, wrong, candidate in files:
        answer, started = None, time.process_time()
        if candidate is not None:
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    answer = tool(candidate)
            except ImportError:
                return {"tool": name, "absent": True}
            except Exception as error:  # shapes that the tool refuses, for one: that is no verdict
                row["raised"].append(f"{case.name}: {type(error).__name__}: {str(error)[:120]}")
        row["cases" if wrong else "right"] += 1
        if answer is None:
            row["not_taken"] += 1
            continue
        seconds.append(time.process_time() - started)
        row["found" if wrong else "false_alarms"] += not answer
    return row | {"explained": 0, "line": 0, "files": len(seconds), "cpu_s": float(np.sum(seconds))}


def of_threeways(result, cpu):
    """Return threeways' row out of the result of its own bench, which took so many CPU seconds."""
    parts = result["seen"], result["held_out"]
    total = {k: sum(p[k] for p in parts) for k in parts[0]}
    row = {"tool": "threeways", "found": total["found"], "cases": total["cases"], "raised": []}
    row |= {
        "false_alarms": total["accused_wrong"] + total["right_wrong"],
        "right": total["accused"] + total["right"],
    }
    verdicts = [r["verdict"] for r in result["rows"]]
    row |= {"not_taken": verdicts.count("no verdict"), "explained": total["explained"], "line": total["line"]}
    return row | {"files": len(result["rows"]), "cpu_s": cpu}


def table(rows):
    """Return the lines of the Markdown table."""
    head = [
        "tool",
        "found",
        "called wrong, of right files",
        "line named",
        "cause explained",
        "not taken",
        "CPU s a file",
        "CPU s, all",
    ]
    lines = [head, ["---"] * len(head)]
    for r in rows:
        if not r.get("absent"):
            counts = [
                f"{r['found']}/{r['cases']}",
                f"{r['false_alarms']}/{r['right']}",
                r["line"],
                r["explained"],
            ]
            lines.append(
                [
                    r["tool"],
                    *counts,
                    r["not_taken"],
                    f"{r['cpu_s'] / max(r['files'], 1):.2g}",
                    f"{r['cpu_s']:.0f}",
                ]
            )
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def write_page(page, rows):
    """Put the table between the marks of the page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n" + "\n".join(table(rows)) + f"\n{END}{after}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", help="some tools only, by the first words of their names, with commas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rivals", type=Path, default=FOLDER, help="where missing rivals are installed")
    parser.add_argument("--no-install", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--wild", type=Path, help="write threeways' own cases here, for `threeways report`")
    parser.add_argument("--write", type=Path, help="the page whose table is replaced")
    given = parser.parse_args()
    chosen = cases()[:: 8 if given.quick else 1]
    wanted = given.tools.split(",") if given.tools else [""]
    started = time.monotonic()
    if not given.no_install:
        install(given.rivals)
    rows = []
    if any("threeways".startswith(w) for w in wanted):
        before = of_children()
        result = plain(bench(chosen, judged_in_public, given.jobs))
        rows.append(of_threeways(result, of_children() - before))
        if given.wild:
            write_json(given.wild, result)
        print(*table(rows)[2:], flush=True)
    files = list(candidates(chosen))
    for name, tool in TOOLS.items():
        if any(name.startswith(w) for w in wanted):
            rows.append(of_tool(name, tool, files))
            print(*table(rows[-1:])[2:], f"absent: {name}" if rows[-1].get("absent") else "", flush=True)
    print(*(f"{r['tool']}: {line}" for r in rows for line in r.get("raised", ())), sep="\n")
    cpu = sum(r.get("cpu_s", 0.0) for r in rows) / 60
    print(*table(rows), f"{time.monotonic() - started:.0f} s, {cpu:.1f} CPU minutes", sep="\n")
    if given.json:
        write_json(given.json, {"environment": environment(0), "files": len(files), "tools": rows})
    if given.write:
        write_page(given.write, rows)


if __name__ == "__main__":
    main()
