"""Write docs/benchmarks.md and README's short table from the JSON files in docs/benchmarks; measure nothing.

python benchmarks/write.py [FOLDER]      another FOLDER than docs/benchmarks leaves README unchanged
"""

import sys
from pathlib import Path

from measuring import ROOT, ratios, words

# The contenders that manual's gradient, its step in a training loop and its step alone are compared with.
BESIDE = {
    "manual": ["torch", "jax.jit", "scikit-learn", "per sample", "per sample, in place"],
    "manual epoch": ["scikit-learn fit"],
    "manual step": ["torch step", "jax.jit step", "torch.compile step"],
}

BEGIN, END = "<!-- benchmarks/write.py -->", "<!-- end -->"
IN_README = {((784, 30, 10), 10), ((784, 30, 10), 128), ((512, 512, 10), 128)}


def table(head, rows):
    """Return the lines of a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


def provenance(result):
    """Return the lines below a heading: the machine and the command."""
    about = result["environment"]
    versions = ", ".join(f"{name} {v}" for name, v in about["versions"].items() if v and name != "threeways")
    return [
        f"`python benchmarks/{about['command']}`; {about['cpu']}, one core, Python {about['python']}; {versions}.",
        "",
    ]


def gradient(result):
    """Return the section on the gradient: every contender / manual, and manual / floor."""
    lines = ["## The gradient and the step", *provenance(result)]
    lines += [
        "Above 1 the hand-written gradient is faster. *floor*: the matrix products alone, in NumPy, into existing "
        "arrays. "
        "*scikit-learn*: MLPClassifier's private `_backprop`, into existing arrays; *fit*: a step of the public "
        "`fit` / a hand-written step in a loop over shuffled batches. *per sample*: a textbook's loop, and the same "
        "with sums in place. Steps are relative to the hand-written step. Medians and 95 % intervals. Measured on code "
        "from before the layout of compare/ and the plain formulas of manual/.",
        "",
    ]
    head = ["network", "batch", "dtype", "manual / floor", *BESIDE["manual"]]
    head += [name for base in ("manual epoch", "manual step") for name in BESIDE[base]]
    rows = []
    for row in result["rows"]:
        cells = [shape(row["sizes"]), row["batch"], row["dtype"], words(row["over_floor"]["manual"])]
        for base, names in BESIDE.items():
            found = ratios(row["samples"], base) if base in row["samples"] else {}
            cells += [words(found[name]) if name in found else "" for name in names]
        rows.append(cells)
    return lines + table(head, rows)


def shape(sizes):
    """Format sizes as 784-30-10, or as 7 x 64 for a deep network."""
    return "-".join(map(str, sizes)) if len(sizes) < 5 else f"{len(sizes) - 2} x {sizes[0]}"


def memory(result):
    """Return the section on freed memory: manual / floor, with the memory returned and kept."""
    lines = ["## Fresh memory", *provenance(result)]
    lines += [
        "NumPy alone. *given back*: glibc as it is, which hands large freed arrays back, so that a new one costs page "
        "faults; *kept*: `MALLOC_TRIM_THRESHOLD_` and `MALLOC_MMAP_THRESHOLD_` at 10^9. The floor makes no new array.",
        "",
    ]
    rows = [
        [
            "-".join(map(str, row["sizes"])),
            row["batch"],
            row["dtype"],
            row["memory"],
            words(row["over_floor"]["manual"]),
            words(row["over_manual"]["scikit-learn"]),
        ]
        for row in result["rows"]
    ]
    return lines + table(
        ["network", "batch", "dtype", "memory", "manual / floor", "scikit-learn / manual"], rows
    )


def user(result):
    """Return the section on fresh processes: gradient / products, and torch / gradient."""
    lines = ["## As a user has it", *provenance(result)]
    lines += [
        "NumPy alone in one fresh process, torch in another, alternating blocks on one core. *kept*: after "
        "`manual.steps.keep_memory()`; *default*: the C library as it is.",
        "",
    ]
    rows = []
    for row in result["rows"]:
        default = ratios(row["samples"], "numpy, default: floor")["numpy, default: manual"]
        kept, torch = row["over_floor"]["numpy: manual"], row["over_manual"]["torch: torch"]
        rows.append(
            [shape(row["sizes"]), row["batch"], row["dtype"], words(kept), words(default), words(torch)]
        )
    head = ["network", "batch", "dtype", "gradient / products, kept", "default", "torch / gradient"]
    return lines + table(head, rows)


def checking(result):
    """Return the section on the check: peers / check, check / gradients, and the cost by size."""
    lines = ["## The check", *provenance(result)]
    rows = []
    for row in result["rows"]:
        if row["case"] == "peers":
            rows += [
                [f"{n} / check_gradients", "784-30-10, batch 10, float64", words(f)]
                for n, f in row["over"].items()
            ]
        elif row["case"] == "gradients":
            case = f"{row['parameters']:,} parameters, batch {row['batch']}, {row['dtype']}"
            rows += [[f"{name} / gradients", case, words(f)] for name, f in row["over"].items()]
    lines += table(["", "case", "ratio"], rows)
    rows = [
        [
            row["what"],
            f"{row['parameters']:,}",
            row["dtype"],
            f"{row['cpu_s']:.3g}",
            f"{row['ns_per_parameter']:.3g}",
            f"{row['peak_over_parameters_itemsize_witnesses']:.2f}",
        ]
        for row in result["rows"]
        if row["case"] == "growing"
    ]
    lines += [
        "*verdict*: two witnesses' arrays and the units given. *check*: values against a torch loss, noise and all. "
        "Peak memory, the judged arrays included, over parameters x itemsize x witnesses.",
        "",
    ]
    return lines + table(["", "parameters", "dtype", "CPU s", "ns each", "peak"], rows)


def startup(result):
    """Return the section on the start: the time of each program, and the comparisons that have a bar."""
    lines = ["## Start-up", *provenance(result)]
    times = [[r["program"], words(r["cpu_s"])] for r in result["rows"] if "over" not in r]
    ratios = [
        [f"{r['program']}, {r['how']} to {r['over']}", words(r["found"]), r["bar"] or ""]
        for r in result["rows"]
        if "over" in r
    ]
    return lines + table(["program", "CPU s"], times) + table(["", "", "bar"], ratios)


def main_job(result):
    """Return the section on the main job: the time of each part."""
    lines = ["## The main job", *provenance(result)]
    rows = [[r["part"], f"{r['wall_s']['median']:.1f}"] for r in result["rows"] if "wall_s" in r]
    load = next((r["value"] for r in result["rows"] if r["part"] == "load before"), None)
    lines += table(["part", "wall s"], rows)
    return lines + ([f"The machine's load before it: {load:.1f}.", ""] if load is not None else [])


PARTS = {
    "gradient": gradient,
    "memory": memory,
    "user": user,
    "checking": checking,
    "startup": startup,
    "main_job": main_job,
}


def page(folder):
    """Return the text of the page, without the parts whose JSON is absent."""
    from compare.common.results import read_json

    lines = [
        "# Benchmarks",
        "",
        "Written by `benchmarks/write.py` from `docs/benchmarks/*.json`; `make benchmarks` measures again.",
        "",
    ]
    for name, part in PARTS.items():
        if (folder / f"{name}.json").exists():
            lines += part(read_json(folder / f"{name}.json"))
    return "\n".join(lines).rstrip() + "\n"


def short(result):
    """Return README's table: a few cases with their contenders."""
    names = {
        "floor": "matrix products alone",
        "torch": "torch",
        "jax.jit": "jax.jit",
        "scikit-learn fit": "scikit-learn",
        "per sample": "sample by sample",
    }
    rows = []
    for row in result["rows"]:
        if (tuple(row["sizes"]), row["batch"]) not in IN_README:
            continue
        found = dict(row["over_manual"])
        found["scikit-learn fit"] = ratios(row["samples"], "manual epoch")["scikit-learn fit"]
        cells = [f"{found[name]['median']:.2g}" for name in names]
        rows.append([shape(row["sizes"]), row["batch"], row["dtype"], *cells])
    return "\n".join(
        [
            "",
            *table(["network", "batch", "dtype", *names.values()], rows),
            f"`python benchmarks/{result['environment']['command']}`; {result['environment']['cpu']}, one core.",
            "",
        ]
    )


def into_readme(text, lines):
    """Replace the lines between README's two marks. Raises ValueError if a mark is absent."""
    before, found, rest = text.partition(BEGIN)
    _, also, after = rest.partition(END)
    if not (found and also):
        raise ValueError(f"README has no {BEGIN} ... {END}")
    return before + BEGIN + lines + END + after


def main(folder=None):
    sys.path.insert(0, str(ROOT))
    from compare.common.results import read_json, write_text

    where = Path(folder) if folder else ROOT / "docs" / "benchmarks"
    write_text(where.with_suffix(".md"), page(where))
    if not folder:
        readme = ROOT / "README.md"
        lines = short(read_json(where / "gradient.json"))
        write_text(readme, into_readme(readme.read_text(encoding="utf-8"), lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
