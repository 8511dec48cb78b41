"""From raw samples to what is claimed: steady times, ratios pair by pair, break-even. Pure; nothing is re-run."""

import math

from scipy.special import stdtrit

from . import statistics
from .result import BreakEven, Comparison, ContenderTimes, Control, Pair

EQUAL_THREADS = 1.05  # CPU/wall above threads * this: work ran beside the pinned core
DISTURBED = 0.97  # CPU/wall below this in one thread: the core was somebody else's for a while
CROWDED = 0.90  # below this the neighbour's use of the caches shows, too
CACHES = " but not the caches it emptied; ratios may be 10 % off, those with jax op by op 20 %"
SPREAD = 0.25
SLOPE = (1.8, 2.2)
SWITCHES = 3  # a block, in the middle of them, may lose its core so often
COARSE = 0.001  # the clock's step, as a share of a block
# How much the medians of two processes of one program differ, relative standard deviation, and how many degrees
# of freedom that is worth: measured by benchmarks/control.py, and pooled with what a run itself sees.
BETWEEN_SD, BETWEEN_DOF = 0.013, 10


def evaluate(records, control, threads, epoch, device="cpu"):
    """What a TimeResult says of {name: Record} and the Record of the contender that ran twice, as a dict."""
    timed = [r for r in (*records.values(), control) if r.status == "measured" and r.samples]
    clock = which_clock(timed, threads, device)
    view = View(clock)
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
    return {
        "clock": clock,
        "contenders": measured,
        "pairs": pairs,
        "engines": list(across(usable, view)),
        "control": aa,
        "warnings": list(warnings(measured, records, threads, clock, view)),
    }


def which_clock(records, threads, device):
    """ "cpu" where a contender had its one core only part of the time, else "wall".

    On one core the two are the same thing but for what others ran there meanwhile.
    """
    if threads != 1 or device != "cpu":
        return "wall"
    return "cpu" if any(_cpu_per_wall(r.samples) < DISTURBED for r in records) else "wall"


class View:
    """Samples read by one clock, in intervals that allow for what differs between processes."""

    def __init__(self, clock):
        self.field = f"{clock}_s"
        self.once = "_cpu_s" if clock == "cpu" else "_s"

    def paid(self, ledger):
        """Seconds before the second step begins: the compiler's import and the first call; the framework's is
        shared."""
        return ledger[f"compiler_import{self.once}"] + ledger[f"first{self.once}"]

    def steps(self, samples, steps):
        """Seconds of a step, block by block."""
        return [s[self.field] / (s["calls"] * steps) for s in samples]

    def steady(self, samples, steps):
        """Seconds of a step."""
        return _allowed(self.steps(samples, steps), samples, BETWEEN_SD)

    def ratio(self, upper, lower, upper_steps, lower_steps):
        """Pair by pair: blocks of the same process generation and round."""
        u, l = self.steps(upper, upper_steps), self.steps(lower, lower_steps)
        return _allowed([a / b for a, b in zip(u, l, strict=True)], upper, math.sqrt(2) * BETWEEN_SD)


def _allowed(values, samples, prior_sd):
    """The median of `values` with its interval over blocks, widened by the deviation among processes."""
    by_process = {}
    for value, sample in zip(values, samples, strict=True):
        by_process.setdefault(sample["process"], []).append(value)
    sd, dof = statistics.between([statistics.median(v) for v in by_process.values()], prior_sd, BETWEEN_DOF)
    reach = stdtrit(dof, 0.975) * sd / math.sqrt(len(by_process))
    return statistics.widened(statistics.interval(values), reach)


def _times(record, view, threads):
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


def pair(static, dynamic, epoch, view):
    """One static contender against the dynamic one of its framework."""
    ratio = view.ratio(dynamic.samples, static.samples, dynamic.steps_per_call, static.steps_per_call)
    even = {
        state: break_even(
            ratio, view.paid(static.ledgers[state]), view.paid(dynamic.ledgers[state]), static, epoch
        )
        for state in static.ledgers
    }
    first = next(iter(even.values()))
    return Pair(static.name, dynamic.name, static.framework, ratio, first.steps, first.reason, even)


def break_even(ratio, static_paid, dynamic_paid, static, epoch):
    """The call n with static_paid + (n - 1) static_step = dynamic_paid + (n - 1) dynamic_step.

    A step saves (ratio - 1) static steps; the interval of n is that of the ratio.
    """
    if ratio.high < 1:
        return BreakEven(None, None, None, "never: the dynamic one is faster")
    if ratio.low <= 1:
        return BreakEven(None, None, None, "never: the intervals overlap")
    extra, step = static_paid - dynamic_paid, static.steady_s.median
    if extra <= 0:
        return BreakEven(statistics.Interval(1.0, 1.0, 1.0), 1 / epoch, static_paid, "from call 1")
    steps = [1 + extra / (step * (times - 1)) for times in (ratio.median, ratio.high, ratio.low)]
    return BreakEven(statistics.Interval(*steps), steps[0] / epoch, static_paid + (steps[0] - 1) * step, None)


def across(usable, view):
    """The fastest of each framework against the fastest of all."""
    best = {}
    for c in usable:
        if c.framework not in best or c.steady_s.median < best[c.framework].steady_s.median:
            best[c.framework] = c
    ranked = sorted(best.values(), key=lambda c: c.steady_s.median)
    for c in ranked[1:]:
        fastest = ranked[0]
        ratio = view.ratio(c.samples, fastest.samples, c.steps_per_call, fastest.steps_per_call)
        yield Comparison(c.name, fastest.name, ratio)


def warnings(measured, records, threads, clock, view):
    """Plain sentences about what makes these figures weaker than they look."""
    timed = [c for c in measured if c.status == "measured"]
    if clock == "cpu":
        least = min(timed, key=lambda c: c.cpu_per_wall)
        said = (
            f"another process was busy here ({least.name} had its core {100 * least.cpu_per_wall:.0f} % of the "
            "time): steps and first calls are in CPU seconds, which leave its share out"
        )
        yield said + CACHES if least.cpu_per_wall < CROWDED else said
    for c in timed:
        yield from (f"{c.name}{said}" for said in _weaknesses(c, records[c.name], threads, clock, view))


def _weaknesses(c, record, threads, clock, view):
    if not c.comparable:
        yield f" used {c.cpu_per_wall:.2f} cores where {threads} was asked for: it is not ranked"
    width = statistics.spread(view.steps(c.samples, c.steps_per_call))
    if width > SPREAD:
        yield f": the middle half of its blocks spreads over {100 * width:.0f} % of the median"
    taken = statistics.median([s["involuntary"] for s in c.samples])
    if clock == "wall" and taken > SWITCHES:
        yield f" lost its core {taken:.0f} times in a block, as a rule"
    if record.resolution_s > COARSE * statistics.median([s["wall_s"] for s in c.samples]):
        yield f": this clock moves in steps of {record.resolution_s:.0e} s, coarse for its blocks"
    if c.slope and "ratio" in c.slope and not SLOPE[0] <= c.slope["ratio"] <= SLOPE[1]:
        yield f": twice the calls took {c.slope['ratio']:.2f} times as long; work may have been folded away"
    if c.answers and c.answers.get("ok") is False:
        yield f": its gradients are wrong ({c.answers['worst']}): its speed means nothing"
    if c.flops and c.flops.get("share") is not None and c.flops["share"] < 0.95:
        yield f": only {100 * c.flops['share']:.0f} % of the products' operations are left in its program"


def _cpu_per_wall(samples):
    return sum(s["cpu_s"] for s in samples) / sum(s["wall_s"] for s in samples)
