"""docs/benchmarks.md from the JSON files beside it: nothing is measured here.

python benchmarks/write.py [FOLDER]      FOLDER: docs/benchmarks
"""

import sys
from pathlib import Path

from measuring import ROOT, ratios, words


def table(head, rows):
    """Lines of a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


def provenance(result):
    """The machine and the command, for under a heading."""
    about = result["environment"]
    versions = ", ".join(f"{name} {v}" for name, v in about["versions"].items() if v and name != "threeways")
    return [
        f"`python benchmarks/{about['command']}`; {about['cpu']}, one core, Python {about['python']}; {versions}.",
        "",
    ]


def gradient(result):
    """Every contender over the hand-written gradient, and that over its floor."""
    lines = ["## The gradient and the step", *provenance(result)]
    lines += [
        "Above 1 the hand is the faster. *floor*: the matrix products alone, in NumPy, into arrays that are there "
        "already. The steps are over the hand-written step. Medians and 95 % intervals.",
        "",
    ]
    head = ["network", "batch", "dtype", "manual / floor", "torch", "jax.jit", "scikit-learn", "per sample"]
    head += ["torch step", "jax.jit step", "torch.compile step"]
    rows = []
    for row in result["rows"]:
        cells = [
            "-".join(map(str, row["sizes"]))
            if len(row["sizes"]) < 5
            else f"{len(row['sizes']) - 2} x {row['sizes'][0]}"
        ]
        cells += [row["batch"], row["dtype"], words(row["over_floor"]["manual"])]
        found = row["over_manual"]
        cells += [
            words(found[n]) if n in found else "" for n in ("torch", "jax.jit", "scikit-learn", "per sample")
        ]
        steps = ratios(row["samples"], "manual step")
        cells += [
            words(steps[n]) if n in steps else ""
            for n in ("torch step", "jax.jit step", "torch.compile step")
        ]
        rows.append(cells)
    return lines + table(head, rows)


def memory(result):
    """The hand-written gradient over its floor, where freed memory is given back and where it is kept."""
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


def checking(result):
    """The check beside its peers and its gradients, and how it grows."""
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
    """What each program costs, and the comparisons that have a bar."""
    lines = ["## Start-up", *provenance(result)]
    times = [[r["program"], words(r["cpu_s"])] for r in result["rows"] if "over" not in r]
    ratios = [
        [f"{r['program']}, {r['how']} to {r['over']}", words(r["found"]), r["bar"] or ""]
        for r in result["rows"]
        if "over" in r
    ]
    return lines + table(["program", "CPU s"], times) + table(["", "", "bar"], ratios)


def main_job(result):
    """Where the main job's seconds go."""
    lines = ["## The main job", *provenance(result)]
    rows = [[r["part"], f"{r['wall_s']['median']:.1f}"] for r in result["rows"] if "wall_s" in r]
    load = next((r["value"] for r in result["rows"] if r["part"] == "load before"), None)
    lines += table(["part", "wall s"], rows)
    return lines + ([f"The machine's load before it: {load:.1f}.", ""] if load is not None else [])


PARTS = {
    "gradient": gradient,
    "memory": memory,
    "checking": checking,
    "startup": startup,
    "main_job": main_job,
}


def page(folder):
    """The page's text; a part whose JSON is not there is left out."""
    from compare.results import read_json

    lines = [
        "# Benchmarks",
        "",
        "Written by `benchmarks/write.py` from `docs/benchmarks/*.json`; `make benchmarks` measures anew.",
        "",
    ]
    for name, part in PARTS.items():
        if (folder / f"{name}.json").exists():
            lines += part(read_json(folder / f"{name}.json"))
    return "\n".join(lines).rstrip() + "\n"


def main(folder=ROOT / "docs" / "benchmarks"):
    sys.path.insert(0, str(ROOT))
    from compare.results import write_text

    write_text(Path(folder).with_suffix(".md"), page(Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
