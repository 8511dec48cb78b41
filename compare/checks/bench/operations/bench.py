"""threeways mistakes --bench --operations: right kernels and wrong ones in both frameworks, in every floating type."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ....common.errors import WRONG, UserError, nearest
from ....common.floats import TYPES
from ....common.results import Displayed, environment
from ....common.statuses import PASSES
from ....witnesses import absent
from ...vjp import check_vjp
from .kernels import KERNELS, Kernel
from .numbers import jax_numbers, torch_numbers

SCALES = (0.1, 1.0, 8.0)
DTYPES = ("float16", "bfloat16", "float32", "float64")
SHOWS = 5  # ulps: a mistake that moves its array by less need not be found


@dataclass(frozen=True)
class Operated:
    """One check of the bench.

    mistake, id: what was planted, and its name in the catalogue of operations; None of a right kernel.
    moved: how far it moves its array, in ulps of the type, relative in norm.
    status: of the array in question; statuses: of all.  ids: those that were named.
    """

    kernel: str
    framework: str
    dtype: str
    scale: float
    mistake: str | None
    id: str | None
    moved: float | None
    ok: bool
    found: bool
    ids: list[str]
    statuses: dict[str, str]


@dataclass(frozen=True)
class Counts:
    """Right kernels and those called wrong or not known; mistakes that show, found, with an id, named, misnamed."""

    right: int
    wrong: int
    unknown: int
    shown: int
    found: int
    with_id: int
    named: int
    misnamed: int


@dataclass(frozen=True)
class OperationsBench(Displayed):
    """The result of the bench: counts by framework and type, and every check."""

    schema: str
    environment: dict[str, Any]
    counts: dict[str, Counts]
    checks: list[Operated] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """Return 1 where a right kernel was called wrong, or a mistake was misnamed."""
        return WRONG if any(c.wrong or c.misnamed for c in self.counts.values()) else 0


def bench(
    many: int = 2,
    names: tuple[str, ...] = (),
    seed: int = 0,
    frameworks: tuple[str, ...] = ("torch", "jax"),
    dtypes: tuple[str, ...] = DTYPES,
    progress: Callable[[int, int], None] | None = None,
) -> OperationsBench:
    """Judge each kernel as it is, `many` draws at each scale, and with each of its mistakes, once at each scale.

    progress: told (done, total).  Raises UserError for a kernel that is not known, or where a framework is absent.
    """
    unknown = [n for n in names if n not in {k.name for k in KERNELS}]
    if unknown:
        raise UserError(f"no kernel {unknown[0]!r}: {nearest(unknown[0], [k.name for k in KERNELS])}")
    for who in frameworks:
        if (reason := absent(who)) is not None:
            raise UserError(reason)
    kernels = [k for k in KERNELS if k.name in names or not names]
    places = [(k, f, t) for k in kernels for f in frameworks for t in dtypes]
    checks: list[Operated] = []
    for k, (kernel, framework, dtype) in enumerate(places):
        checks += _judged(kernel, framework, dtype, many, seed)
        if progress:
            progress(k + 1, len(places))
    counts = {
        f"{f} {t}": _counts([c for c in checks if (c.framework, c.dtype) == (f, t)])
        for f in frameworks
        for t in dtypes
    }
    return OperationsBench("threeways/operations/1", environment(seed), counts, checks)


def _judged(kernel: Kernel, framework: str, dtype: str, many: int, seed: int) -> Iterator[Operated]:
    for scale in SCALES:
        for draw in range(many):
            yield judged(kernel, framework, dtype, scale, None, seed + draw)
        for mistake in kernel.mistakes:
            yield judged(kernel, framework, dtype, scale, mistake, seed)


def judged(
    kernel: Kernel, framework: str, dtype: str, scale: float, mistake: str | None, seed: int
) -> Operated:
    """Judge one kernel at inputs of its own; every second draw rounds in its type after each operation."""
    rng = np.random.default_rng([seed, *kernel.name.encode(), *str(scale).encode()])
    inputs = kernel.draw(rng, scale)
    op, plain, cast = (torch_operation if framework == "torch" else jax_operation)(
        kernel, mistake, bool(seed % 2)
    )
    given = [cast(a, dtype) for a in inputs]
    report = check_vjp(op, *given, reference=plain, seed=seed)
    name, id = kernel.mistakes[mistake] if mistake else (None, None)
    moved = None
    if name is not None:
        moved = movement(op, plain, given, name, cast, seed) / TYPES[dtype].eps
    statuses = {v.name: v.status for v in report.verdicts}
    ids = [i for f in report.findings for i in f.one_of if f.array == name]
    found = name is not None and statuses.get(name) in ("wrong", "missing", "shape", "nonfinite")
    return Operated(kernel.name, framework, dtype, scale, mistake, id, moved, report.ok, found, ids, statuses)


def movement(op: Any, plain: Any, given: list[Any], name: str, cast: Any, seed: int) -> float:
    """Return how far a mistake moves its array, relative in norm, all computed in float64 at the same numbers."""
    wide = check_vjp(op, *(cast(a, "float64") for a in given), reference=plain, seed=seed)
    verdict = wide[name]
    return float(verdict.error) if verdict.error is not None else float("inf")


@lru_cache(maxsize=128)
def torch_operation(kernel: Kernel, mistake: str | None, inside: bool = False) -> tuple[Any, Any, Any]:
    """Return (torch.autograd.Function, plain function, cast) of a kernel; inside: compute 16-bit inputs in float32."""
    import torch

    m = torch_numbers()

    def up(a: Any) -> Any:
        return m.up(a) if inside and isinstance(a, torch.Tensor) and a.is_floating_point() else a

    class Operation(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            ctx.inputs = inputs
            return kernel.forward(m, *map(up, inputs)).to(inputs[0].dtype)

        @staticmethod
        def backward(ctx: Any, d: Any) -> Any:
            found = kernel.backward(m, mistake, up(d), *map(up, ctx.inputs))
            return tuple(g if g is None else g.to(a.dtype) for g, a in zip(found, ctx.inputs, strict=True))

    def cast(a: Any, dtype: str) -> Any:
        if isinstance(a, np.ndarray):
            a = torch.from_numpy(a)
        return a.to(getattr(torch, dtype)) if isinstance(a, torch.Tensor) and a.is_floating_point() else a

    Operation.forward.__signature__ = _signature(kernel, "ctx")  # type: ignore[attr-defined]
    return Operation, lambda *inputs: kernel.forward(m, *inputs), cast


@lru_cache(maxsize=128)
def jax_operation(kernel: Kernel, mistake: str | None, inside: bool = False) -> tuple[Any, Any, Any]:
    """Return (jax.custom_vjp, plain function, cast) of a kernel."""
    import jax
    import jax.numpy as jnp

    m = jax_numbers()

    def _inexact(a: Any) -> bool:
        return hasattr(a, "shape") and jnp.issubdtype(a.dtype, jnp.inexact)

    def up(a: Any) -> Any:
        return m.up(a) if inside and _inexact(a) else a

    def plain(*inputs: Any) -> Any:
        return kernel.forward(m, *inputs)

    def forward(*inputs: Any) -> Any:
        return plain(*map(up, inputs)).astype(inputs[0].dtype)

    def backward(inputs: Any, d: Any) -> Any:
        found = kernel.backward(m, mistake, up(d), *map(up, inputs))
        return tuple(g.astype(a.dtype) if g is not None else None for g, a in zip(found, inputs, strict=True))

    forward.__signature__ = _signature(kernel)  # type: ignore[attr-defined]
    op = jax.custom_vjp(forward)
    op.defvjp(lambda *inputs: (forward(*inputs), inputs), backward)

    def cast(a: Any, dtype: str) -> Any:
        return np.asarray(a).astype(jnp.dtype(dtype)) if _inexact(a) else a

    return op, plain, cast


def _signature(kernel: Kernel, *first: str) -> inspect.Signature:
    """Return the signature by which the inputs of a kernel get their names."""
    own = list(inspect.signature(kernel.forward).parameters.values())[1:]
    return inspect.Signature([*(inspect.Parameter(n, own[0].kind) for n in first), *own])


def _counts(checks: list[Operated]) -> Counts:
    right = [c for c in checks if c.mistake is None]
    bad = [c for c in right if not c.ok]
    unknown = [c for c in bad if {*c.statuses.values()} <= {"inconclusive", *PASSES}]
    shown = [c for c in checks if c.mistake is not None and c.moved is not None and c.moved > SHOWS]
    known = [c for c in shown if c.id is not None and c.found]
    named = [c for c in known if c.id in c.ids]
    misnamed = [c for c in checks if c.mistake is not None and c.ids and c.id not in c.ids]
    return Counts(
        len(right),
        len(bad) - len(unknown),
        len(unknown),
        len(shown),
        sum(c.found for c in shown),
        len(known),
        len(named),
        len(misnamed),
    )
