"""From raw samples to what is claimed: steady times, ratios pair by pair, break-even. Pure; nothing is re-run."""

import math
from collections.abc import Iterable, Iterator, Sequence

from ..common import statistics
from ..common.statistics import Interval, median
from .plan import Record
from .result import BreakEven, Comparison, ContenderTimes, Control, Evaluation, Pair

EQUAL_THREADS = 1.05  # CPU/wall above threads * this: work ran on other cores, too
DISTURBED = 0.97  # CPU/wall below this in one thread: another process had the core for a while
CROWDED = 0.90  # below this the caches that the other process empties show, too
SPREAD = 0.25  # interquartile range over median, above which a timing is noisy
SLOPE = (1.8, 2.2)
SWITCHES = 3  # preemptions of a median block that are usual
COARSE = 0.001  # the clock's step, as a share of a block
# How much the medians of two processes of one program differ, relative standard deviation, and how many degrees
# of freedom that is worth: measured by benchmarks/control.py, and pooled with what a run itself sees.
BETWEEN_SD, BETWEEN_DOF = 0.013, 10


def evaluate(
    records: dict[str, Record],
    control: Record,
    threads: int,
    epoch: int,
    device: str = "cpu",
    notes: Iterable[str] = (),
) -> Evaluation:
    """Return what the records claim. control: the record of the contender that ran twice.  notes: further warnings."""
    timed = [r for r in (*records.values(), control) if r.status == "measured" and r.samples]
    view = View(which_clock(timed, threads, device))
    measured = [_times(record, view, threads) for record in records.values()]
    usable = [c for c in measured if c.status == "measured" and not c.part and c.comparable]
    pairs = [
        pair(static, dynamic, epoch, view)
        for dynamic in usable
        for static in usable
        if dynamic.kind == "dynamic" and static.kind == "static" and static.framework == dynamic.framework
    ]
    twin = next((c for c in measured if c.name == control.contender.name and c.status == "measured"), None)
    aa = None
    if twin and control in timed:
        steps = twin.steps_per_call
        aa = Control(twin.name, view.ratio(twin.samples, control.samples, steps, steps), control.samples)
    return Evaluation(
        clock=view.clock,
        contenders=measured,
        pairs=pairs,
        engines=list(across(usable, view)),
        control=aa,
        warnings=[*warnings(measured, records, threads, view), *notes],
    )


def which_clock(records: Iterable[Record], threads: int, device: str) -> str:
    """Return "cpu" where a contender had its one core only part of the time, else "wall".

    On one core the two differ only by what other processes ran there meanwhile.
    """
    if threads != 1 or device != "cpu":
        return "wall"
    return "cpu" if any(_cpu_per_wall(r.samples) < DISTURBED for r in records) else "wall"


class View:
    """Samples read by one clock, in intervals that allow for the differences between processes."""

    def __init__(self, clock: str):
        self.clock, self.field = clock, f"{clock}_s"
        self.once = "_cpu_s" if clock == "cpu" else "_s"

    def paid(self, ledger: dict) -> float:
        """Return the seconds before the second step: the compiler's import and the first call."""
        return ledger[f"compiler_import{self.once}"] + ledger[f"first{self.once}"]

    def steps(self, samples: Sequence[dict], steps: int) -> list[float]:
        """Return the seconds of a step, block by block."""
        return [s[self.field] / (s["calls"] * steps) for s in samples]

    def steady(self, samples: Sequence[dict], steps: int) -> Interval:
        """Return the seconds of a step."""
        return _allowed(self.steps(samples, steps), samples, BETWEEN_SD)

    def ratio(
        self, upper: Sequence[dict], lower: Sequence[dict], upper_steps: int, lower_steps: int
    ) -> Interval:
        """Return upper / lower pair by pair: blocks of the same process generation and round."""
        u, l = self.steps(upper, upper_steps), self.steps(lower, lower_steps)
        return _allowed([a / b for a, b in zip(u, l, strict=True)], upper, math.sqrt(2) * BETWEEN_SD)


def _allowed(values: Sequence[float], samples: Sequence[dict], prior_sd: float) -> Interval:
    """Return the median of `values` with its interval over blocks, widened by the deviation among processes."""
    by_process: dict[int, list[float]] = {}
    for value, sample in zip(values, samples, strict=True):
        by_process.setdefault(sample["process"], []).append(value)
    sd, dof = statistics.between([median(v) for v in by_process.values()], prior_sd, BETWEEN_DOF)
    return statistics.widened(statistics.interval(values), statistics.student_reach(sd, len(by_process), dof))


def _times(record: Record, view: View, threads: int) -> ContenderTimes:
    c = record.contender
    about = (c.name, c.framework, c.kind, c.says, c.part, record.status, record.reason)
    if record.status != "measured" or not record.samples:
        return ContenderTimes(*about)
    used = _cpu_per_wall(record.samples)
    return ContenderTimes(
        *about,
        cpu_per_wall=used,
        comparable=used <= threads * EQUAL_THREADS,
        steady_s=view.steady(record.samples, record.steps),
        ledger=next(iter(record.ledgers.values())),
        ledgers=record.ledgers,
        steps_per_call=record.steps,
        samples=record.samples,
        **{name: found for name, found in record.studies.items() if name != "retrace"},
    )


def pair(static: ContenderTimes, dynamic: ContenderTimes, epoch: int, view: View) -> Pair:
    """Compare a static contender with the dynamic one of its framework."""
    ratio = view.ratio(dynamic.samples, static.samples, dynamic.steps_per_call, static.steps_per_call)
    even = {
        state: break_even(ratio, view.paid(ledger), view.paid(dynamic.ledgers[state]), static, epoch)
        for state, ledger in static.ledgers.items()
    }
    first = next(iter(even.values()))
    return Pair(static.name, dynamic.name, static.framework, ratio, first.steps, first.reason, even)


def break_even(
    ratio: Interval, static_paid: float, dynamic_paid: float, static: ContenderTimes, epoch: int
) -> BreakEven:
    """Return the call n with static_paid + (n - 1) static_step = dynamic_paid + (n - 1) dynamic_step.

    A step saves (ratio - 1) static steps; the interval of n is that of the ratio.
    """
    if ratio.high < 1:
        return BreakEven(None, None, None, "never: the dynamic one is faster")
    if ratio.low <= 1 or static.steady_s is None:
        return BreakEven(None, None, None, "never: the intervals overlap")
    extra, step = static_paid - dynamic_paid, static.steady_s.median
    if extra <= 0:
        return BreakEven(Interval(1.0, 1.0, 1.0), 1 / epoch, static_paid, "from call 1")
    steps = [1 + extra / (step * (times - 1)) for times in (ratio.median, ratio.high, ratio.low)]
    return BreakEven(Interval(*steps), steps[0] / epoch, static_paid + (steps[0] - 1) * step, None)


def across(usable: Iterable[ContenderTimes], view: View) -> Iterator[Comparison]:
    """Compare the fastest of each framework with the fastest of all."""
    best: dict[str, ContenderTimes] = {}
    for c in sorted(usable, key=_steady):
        best.setdefault(c.framework, c)
    ranked = list(best.values())
    for c in ranked[1:]:
        fastest = ranked[0]
        ratio = view.ratio(c.samples, fastest.samples, c.steps_per_call, fastest.steps_per_call)
        yield Comparison(c.name, fastest.name, ratio)


def warnings(
    measured: Iterable[ContenderTimes], records: dict[str, Record], threads: int, view: View
) -> Iterator[str]:
    """Say in plain sentences what makes these figures weaker than they look."""
    timed = [c for c in measured if c.status == "measured"]
    if view.clock == "cpu":
        yield _shared_core(min((c.cpu_per_wall or 0.0, c.name) for c in timed))
    spreads = [statistics.spread(view.steps(c.samples, c.steps_per_call)) for c in timed]
    noisy = [100 * s for s in spreads if s > SPREAD]
    if noisy:
        yield (
            f"noisy run: {len(noisy)} of {len(timed)} timings vary by {_span(noisy)} % (interquartile range / "
            "median). Close other programs and run it again"
        )
    for c in timed:
        yield from (f"{c.name}{said}" for said in _weaknesses(c, records[c.name], threads, view.clock))


def _shared_core(least: tuple[float, str]) -> str:
    share, name = least
    said = (
        f"another process was using this core ({name} had it {100 * share:.0f} % of the time): steps and first "
        "calls are in CPU seconds, which leave the other process out"
    )
    return said + (
        ", but not the caches it emptied: ratios may be off by 10 %, those with jax op by op by 20 %"
        if share < CROWDED
        else ""
    )


def _weaknesses(c: ContenderTimes, record: Record, threads: int, clock: str) -> Iterator[str]:
    if not c.comparable:
        yield f" used {c.cpu_per_wall:.2f} cores instead of {threads}: it is not ranked"
    preempted = median([s["involuntary"] for s in c.samples])
    if clock == "wall" and preempted > SWITCHES:
        yield f" was preempted about {preempted:.0f} times per block: another process is using this core"
    if record.resolution_s > COARSE * median([s["wall_s"] for s in c.samples]):
        yield f": the clock moves in steps of {record.resolution_s:.0e} s, coarse for its blocks"
    if c.slope and "ratio" in c.slope and not SLOPE[0] <= c.slope["ratio"] <= SLOPE[1]:
        yield f": twice the calls took {c.slope['ratio']:.2f} times as long; work may have been folded away"
    if c.answers and c.answers.get("ok") is False:
        yield f": its gradients are wrong ({c.answers['worst']}): its speed means nothing"
    if c.kind == "static" and c.answers and c.answers.get("again"):
        yield f" was compiled again {c.answers['again']} times in two further calls: it retraces at each step"
    if c.answers and c.answers.get("drift"):
        names = ", ".join(c.answers["drift"])
        yield f": after a step {names} has another dtype than before it, so that later steps compute in that"
    if c.flops and c.flops.get("share") is not None and c.flops["share"] < 0.95:
        yield f": only {100 * c.flops['share']:.0f} % of the products' operations are left in its program"


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    return low if low == high else f"{low} to {high}"


def _steady(c: ContenderTimes) -> float:
    return c.steady_s.median if c.steady_s else math.inf


def _cpu_per_wall(samples: Sequence[dict]) -> float:
    return sum(s["cpu_s"] for s in samples) / sum(s["wall_s"] for s in samples)
