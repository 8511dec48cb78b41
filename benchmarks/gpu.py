"""What needs a GPU, in one process: kernels of Triton and Pallas, operations of torch and jax, times of a step.

    python benchmarks/gpu.py --json gpu.json        # without a GPU: one line, and exit 0
    python benchmarks/gpu.py --interpret            # the same kernels on the CPU, interpreted and small

Kernels are docs/examples/triton_norm.py and pallas_norm.py in float32 and bfloat16: right, without the path through the
mean square, and with rows that race instead of adding up by atomics, unseen by the interpreter. Then four kernels
of the operations' bench on the device, and `threeways time --device cuda` without its studies. A part that fails is
recorded with its error, and one that would begin after --seconds is left out.
"""

import argparse
import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

TYPES = ("float32", "bfloat16")
LARGE, SMALL = (2048, 256), (6, 16)
OPERATIONS = ("RMS norm", "softmax", "GELU tanh", "linear")
CONTENDERS = ("torch", "torch.compile", "torch.cudagraph", "jax", "jax.jit")
KERNELS = (
    ("triton_norm", "Norm", True),
    ("triton_norm", "WithoutPath", False),
    ("triton_norm", "Racing", False),
    ("pallas_norm", "norm", True),
    ("pallas_norm", "without_path", False),
)


def example(name):
    """Import a file of docs/examples."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def judged(op, inputs, reference):
    """Return what check_vjp says of one operation, with the spread of its calls and the seconds."""
    from compare.checks.vjp import check_vjp

    begin = time.perf_counter()
    report = check_vjp(op, *inputs, reference=reference)
    return {
        "ok": report.ok,
        "statuses": {v.name: v.status for v in report.verdicts},
        "ratios": {v.name: v.ratio for v in report.verdicts},
        "errors": {v.name: v.error for v in report.verdicts},
        "named": [i for f in report.findings for i in f.one_of],
        "said": str(report.diagnosis or " ".join(report.warnings)),
        "seconds": time.perf_counter() - begin,
    }


def kernel(file, op, right, dtype, shape):
    """Judge one kernel of an example at inputs of its own."""
    module = example(file)
    found = judged(getattr(module, op), module.example(*shape, dtype), module.naive)
    blind = shape == SMALL and op == "Racing"
    return {"right": right or blind} | found


def spread(dtype, shape):
    """Measure by how much the sum over rows, added up by atomics, differs between 20 calls, in ulps of float32."""
    import torch

    module = example("triton_norm")
    x, gain = (a.requires_grad_() for a in module.example(*shape, dtype))
    dy = torch.ones_like(x)
    calls = torch.stack(
        [torch.autograd.grad(module.Norm.apply(x, gain), gain, dy)[0].double() for _ in range(20)]
    )
    apart = (calls.amax(0) - calls.amin(0)).max() / calls.abs().max()
    return {"right": True, "ok": True, "spread": float(apart), "said": "largest spread over largest entry"}


def operation(framework, name, mistake, dtype, device):
    """Judge one kernel of the operations' bench, on the device."""
    import numpy as np

    from compare.checks.bench.operations.bench import jax_operation, torch_operation
    from compare.checks.bench.operations.kernels import KERNELS as BENCH

    row = next(k for k in BENCH if k.name == name)
    op, plain, cast = (torch_operation if framework == "torch" else jax_operation)(row, mistake)
    inputs = [cast(a, dtype) for a in row.draw(np.random.default_rng(0), 1.0)]
    inputs = [a.to(device) if hasattr(a, "to") else a for a in inputs]
    return {"right": mistake is None} | judged(op, inputs, plain)


def times(device):
    """Time a step of the default network, each way to execute it in a process of its own."""
    from compare import networks
    from compare.common.results import plain
    from compare.timing.measure import measure
    from compare.timing.plan import STATES, Plan

    net = networks.network()
    params, x, y = networks.check_inputs(net, net.load(None), 32, 0, "float32")
    plan = Plan(STATES[:1], 20, 0.01, studies=("answers",))
    found = plain(measure(net, x, y, params, CONTENDERS, device=device, plan=plan))
    keys = ("name", "status", "reason", "steady_s", "ledger", "answer")
    rows = [{k: c[k] for k in keys if k in c} for c in found["contenders"]]
    return {
        "right": True,
        "ok": all(r.get("status", "measured") == "measured" for r in rows),
        "said": "; ".join(map(_time, rows)),
        "contenders": rows,
        "control": found["control"],
        "pairs": found["pairs"],
    }


def _time(row):
    steady = row.get("steady_s")
    return (
        f"{row['name']} {1e6 * steady['median']:.0f} us" if steady else f"{row['name']}: {row.get('reason')}"
    )


def parts(device, shape):
    """Yield (name, function, its arguments) of everything there is to run, the kernels first."""
    for dtype in TYPES:
        for file, op, right in KERNELS:
            yield f"{file}:{op} {dtype}", kernel, (file, op, right, dtype, shape)
        yield f"triton_norm:Norm {dtype}, 20 calls", spread, (dtype, shape)
    if device != "cpu":
        yield "threeways time", times, (device,)
    for dtype in ("bfloat16", "float32", "float16", "float64"):
        for name in OPERATIONS:
            for mistake in (None, *_mistakes(name)):
                what = f"torch {name} {dtype}, {mistake or 'right'}"
                yield what, operation, ("torch", name, mistake, dtype, device)
        for mistake in (None, _mistakes("RMS norm")[0]):
            yield (
                f"jax RMS norm {dtype}, {mistake or 'right'}",
                operation,
                ("jax", "RMS norm", mistake, dtype, device),
            )


def _mistakes(name):
    from compare.checks.bench.operations.kernels import KERNELS as BENCH

    return [*next(k for k in BENCH if k.name == name).mistakes]


def versions():
    """Return the device and the versions of what ran on it."""
    import jax
    import numpy
    import torch

    seen = {"torch": torch.__version__, "jax": jax.__version__, "numpy": numpy.__version__}
    if importlib.util.find_spec("triton"):
        seen["triton"] = importlib.import_module("triton").__version__
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU: interpreted"
    return seen | {
        "device": gpu,
        "jax devices": ", ".join(map(str, jax.devices())),
        "python": sys.version.split()[0],
    }


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--json", type=Path)
    options.add_argument(
        "--interpret", action="store_true", help="on the CPU, small, the kernels interpreted"
    )
    options.add_argument("--seconds", type=float, default=160, help="begin no part after so many")
    options.add_argument("--only", default="", help="parts whose name holds this")
    options = options.parse_args()
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if options.interpret:
        os.environ |= {"TRITON_INTERPRET": "1", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    import torch

    if not torch.cuda.is_available() and not options.interpret:
        print("no GPU here: not run")
        return 0
    begin, rows = time.perf_counter(), []
    device, shape = ("cpu", SMALL) if options.interpret else ("cuda", LARGE)
    about = versions()
    print(*(f"{k} {v}" for k, v in about.items()), sep=", ", flush=True)
    for name, function, arguments in parts(device, shape):
        if options.only not in name:
            continue
        if time.perf_counter() - begin > options.seconds:
            row = {"left_out": True, "said": f"left out: {options.seconds:g} s are over"}
        else:
            try:
                row = function(*arguments)
            except Exception as error:
                row = {
                    "error": f"{type(error).__name__}: {error}"[:500],
                    "trace": traceback.format_exc()[-3000:],
                }
        rows.append({"name": name, "at_s": time.perf_counter() - begin} | row)
        print(line(rows[-1]), flush=True)
        if options.json:  # what is there stays, should a later part end the process
            options.json.write_text(json.dumps({"about": about, "rows": rows}, indent=1, default=str))
    bad = [r for r in rows if r.get("ok") != r.get("right") and "left_out" not in r]
    print(f"{len(rows)} parts in {time.perf_counter() - begin:.0f} s, {len(bad)} not as they should be")
    return int(bool(bad))


def line(row):
    """Return a row as a line of the table."""
    if "error" in row:
        return f"FAILED   {row['name']:44} {row['error'][:160]}"
    if "left_out" in row:
        return f"-        {row['name']:44} {row['said']}"
    verdict = "as it is" if row["ok"] == row["right"] else "NOT SO"
    statuses = " ".join(f"{n} {s}" for n, s in row.get("statuses", {}).items())
    more = f"spread {row['spread']:.1e}" if "spread" in row else statuses
    return f"{verdict:8} {row['name']:44} {more} {','.join(row.get('named', []))} | {row['said'][:150]}"


if __name__ == "__main__":
    sys.exit(main())
