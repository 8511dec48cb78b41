"""Run other gradient checkers on benchmarks/wild: which find the mistakes of the public, and whom do they accuse?

    pip install autograd chex numdifftools derivcheck gradients     # what is absent is left out of the table
    python benchmarks/league.py --json docs/benchmarks/league.json --write docs/league.md

--tools A,B runs some of them; --jobs N threeways checks so many files at a time; --quick takes every eighth case.
To enter a tool, write a function `tool(case) -> bool | None` (True: it accepts the gradient, False: it rejects it,
None: it cannot take the case) and put it into TOOLS. `case` is a Candidate.
"""

import argparse
import contextlib
import io
import json
import sys
import time
import warnings
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from compare.checks.bench.wild.bench import bench
from compare.checks.bench.wild.corpus import cases
from compare.checks.bench.wild.normal import module_of, normal
from compare.commands.mistakes import judged_in_public
from compare.common.results import environment, plain, write_json

BEGIN, END = "<!-- benchmarks/league.py -->", "<!-- end -->"
STEP = 1e-5  # of central differences, where a tool has none of its own


class Candidate:
    """A loss and its hand-written gradient, as NumPy functions of a dict or of one vector, in float64.

    params: {name: array}.  loss(params), grads(params): a number, {name: array}.  x0: the parameters as a vector;
    f(x), g(x): loss and gradient there.
    """

    def __init__(self, params, run):
        self.params, self._run = params, run
        self.sizes = np.cumsum([np.size(p) for p in params.values()])[:-1]
        self.x0 = self.flat(params)

    def loss(self, params):
        return float(np.asarray(self._called(params)[0]).reshape(()))

    def grads(self, params):
        return {n: np.asarray(g, float) for n, g in self._called(params)[1].items()}

    def _called(self, params):
        return self._run(deepcopy({n: params[n] for n in self.params}))  # jax sorts the keys

    def flat(self, tree):
        return np.concatenate([np.asarray(tree[n], float).reshape(-1) for n in self.params])

    def tree(self, x):
        pieces = np.split(np.asarray(x, float), self.sizes)
        return {n: v.reshape(np.shape(p)) for (n, p), v in zip(self.params.items(), pieces, strict=True)}

    def f(self, x):
        return self.loss(self.tree(x))

    def g(self, x):
        return self.flat(self.grads(self.tree(x)))


def central(case, step=STEP):
    rows = step * np.eye(case.x0.size)
    return np.array([(case.f(case.x0 + e) - case.f(case.x0 - e)) / (2 * step) for e in rows])


def allclose(case):
    return np.allclose(case.g(case.x0), central(case))


def norm_ratio(case):
    """Compare as courses do it: the norm of the difference over the sum of the norms, at most 2e-7."""
    mine, right = case.g(case.x0), central(case, 1e-7)
    return np.linalg.norm(mine - right) / (np.linalg.norm(mine) + np.linalg.norm(right)) < 2e-7


def scipy_check_grad(case):
    """scipy returns the norm of the difference and leaves the judgement to the reader: 1e-5 of the gradient here."""
    from scipy.optimize import check_grad

    return check_grad(case.f, case.g, case.x0) <= 1e-5 * max(1.0, np.linalg.norm(case.g(case.x0)))


def torch_loss(case):
    import torch

    class Hand(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *leaves):
            params = {n: a.detach().numpy().copy() for n, a in zip(case.params, leaves, strict=True)}
            with torch.enable_grad():  # the case itself may be written in torch
                ctx.grads = case.grads(params)
                return torch.tensor(case.loss(params), dtype=torch.float64)

        @staticmethod
        def backward(ctx, cotangent):
            return tuple(cotangent * torch.tensor(ctx.grads[n]) for n in case.params)

    return Hand.apply


def gradcheck(case, fast=False):
    import torch

    leaves = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in case.params.values()]
    return torch.autograd.gradcheck(torch_loss(case), leaves, fast_mode=fast, raise_exception=False)


def gradcheck_fast(case):
    return gradcheck(case, fast=True)


def jax_loss(case):
    import jax

    def answer(params):
        params = {n: np.array(p) for n, p in params.items()}
        return jax.numpy.asarray(case.loss(params)), {
            n: jax.numpy.asarray(g) for n, g in case.grads(params).items()
        }

    loss = jax.custom_vjp(lambda params: answer(params)[0])
    loss.defvjp(answer, lambda grads, c: ({n: c * g for n, g in grads.items()},))
    return loss


def jax_check_grads(case):
    import jax
    from jax.test_util import check_grads

    with jax.enable_x64(True):
        native = {n: jax.numpy.asarray(p, float) for n, p in case.params.items()}
        return passes(check_grads, jax_loss(case), (native,), order=1, modes=("rev",))


def chex_numerical(case):
    import chex
    import jax

    with jax.enable_x64(True):
        loss = jax_loss(case)
        sizes = [int(s) for s in case.sizes]

        def of_vector(x):
            pieces = jax.numpy.split(x, sizes)
            named = zip(case.params.items(), pieces, strict=True)
            return loss({n: v.reshape(np.shape(p)) for (n, p), v in named})

        x0 = jax.numpy.asarray(case.x0)
        return passes(chex.assert_numerical_grads, of_vector, (x0,), order=1, modes=("rev",))


def hips_check_grads(case):
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    f = primitive(lambda x: case.f(x))
    defvjp(f, lambda value, x: lambda c: c * case.g(x))
    np.random.seed(0)  # the directions it tries
    return passes(check_grads(f, modes=["rev"], order=1), case.x0)


def derivcheck(case):
    from derivcheck import assert_deriv

    return passes(assert_deriv, case.f, case.g, case.x0)


def numdifftools(case):
    from numdifftools import Gradient

    return np.allclose(case.g(case.x0), Gradient(case.f)(case.x0))


def gradients_package(case):
    """The package `gradients`: its Gradient prints what fails, and takes parameters of a module."""
    import torch
    from gradients import Gradient

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for n, p in case.params.items():
                self.register_parameter(n, torch.nn.Parameter(torch.tensor(p, dtype=torch.float64)))

        def forward(self, x):
            return torch_loss(case)(*self.parameters())

    if not all(n.isidentifier() for n in case.params):
        return None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        Gradient(Model(), torch.zeros(1), torch.zeros(1), lambda loss, y: loss, 1e-5)
    return "Check Failed" not in printed.getvalue()


def passes(check, *arguments, **options):
    """Whether a check that raises on a disagreement passes."""
    try:
        check(*arguments, **options)
    except AssertionError:
        return False
    return True


TOOLS: dict[str, Callable] = {
    "np.allclose, central differences": allclose,
    "norm ratio of courses, 2e-7": norm_ratio,
    "scipy check_grad": scipy_check_grad,
    "torch gradcheck, slow": gradcheck,
    "torch gradcheck, fast": gradcheck_fast,
    "jax check_grads": jax_check_grads,
    "HIPS autograd check_grads": hips_check_grads,
    "chex assert_numerical_grads": chex_numerical,
    "derivcheck assert_deriv": derivcheck,
    "numdifftools and np.allclose": numdifftools,
    "gradients.Gradient": gradients_package,
}


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
