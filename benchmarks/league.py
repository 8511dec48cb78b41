"""Run other gradient checkers on benchmarks/wild: which find the mistakes of the public, and whom do they accuse?

    pip install autograd chex numdifftools derivcheck gradients     # what is absent is left out of the table
    python benchmarks/league.py --json docs/benchmarks/league.json --write docs/league.md

--tools A,B runs some of them; --jobs N threeways checks so many files at a time; --quick takes every eighth case.
The tools, and how to enter another, are in rivals.py.
"""

import argparse
import json
import sys
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

BEGIN, END = "<!-- benchmarks/league.py -->", "<!-- end -->"


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
    return row | {
        "explained": 0,
        "line": 0,
        "median_s": float(np.median(seconds or [0.0])),
        "total_s": float(np.sum(seconds)),
    }


def of_threeways(result):
    """Return threeways' row out of the result of its own bench."""
    parts = result["seen"], result["held_out"]
    total = {k: sum(p[k] for p in parts) for k in parts[0]}
    row = {"tool": "threeways", "found": total["found"], "cases": total["cases"], "raised": []}
    row |= {
        "false_alarms": total["accused_wrong"] + total["right_wrong"],
        "right": total["accused"] + total["right"],
    }
    verdicts = [r["verdict"] for r in result["rows"]]
    row |= {"not_taken": verdicts.count("no verdict"), "explained": total["explained"], "line": total["line"]}
    return row | {
        "median_s": result["seconds_of"]["median"],
        "total_s": sum(r["seconds"] for r in result["rows"]),
    }


def table(rows):
    """Return the lines of the Markdown table."""
    head = [
        "tool",
        "found",
        "called wrong, of right files",
        "line named",
        "cause explained",
        "not taken",
        "s, median",
        "s, all",
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
            lines.append([r["tool"], *counts, r["not_taken"], f"{r['median_s']:.2g}", f"{r['total_s']:.0f}"])
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
    parser.add_argument(
        "--result", type=Path, help="the JSON of threeways mistakes --wild, in place of running it"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", type=Path, help="the page whose table is replaced")
    given = parser.parse_args()
    chosen = cases()[:: 8 if given.quick else 1]
    wanted = given.tools.split(",") if given.tools else [""]
    started = time.monotonic()
    rows = []
    if any("threeways".startswith(w) for w in wanted):
        result = given.result and json.loads(given.result.read_text())
        rows.append(of_threeways(result or plain(bench(chosen, judged_in_public, given.jobs))))
    files = list(candidates(chosen))
    for name, tool in TOOLS.items():
        if any(name.startswith(w) for w in wanted):
            rows.append(of_tool(name, tool, files))
            print(*table(rows[-1:])[2:], f"absent: {name}" if rows[-1].get("absent") else "", flush=True)
    print(*(f"{r['tool']}: {line}" for r in rows for line in r.get("raised", ())), sep="\n")
    print(*table(rows), f"{time.monotonic() - started:.0f} s", sep="\n")
    if given.json:
        write_json(given.json, {"environment": environment(0), "files": len(files), "tools": rows})
    if given.write:
        write_page(given.write, rows)


if __name__ == "__main__":
    main()
