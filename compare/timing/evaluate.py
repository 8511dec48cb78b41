"""From raw samples to what is claimed: steady times, ratios pair by pair, break-even. Pure; nothing is re-run."""

import math

from scipy.stats import t as student

from . import statistics
from .result import BreakEven, Comparison, ContenderTimes, Control, Pair

EQUAL_THREADS = 1.05  # CPU/wall above threads * this: work ran beside the pinned core
DISTURBED = 0.97  # CPU/wall below this in one thread: the core was somebody else's for a while
SPREAD = 0.25
SLOPE = (1.8, 2.2)
# Of one process only nothing says how much the next would differ. Measured on 3 contenders in 8 processes each,
# CPU seconds: 1.6 %; benchmarks/control.py measures it again.
ASSUMED_BETWEEN = 0.016
LEAST_BETWEEN = 0.003


def evaluate(records, control, threads, epoch):
    """What a TimeResult says of {name: Record} and the Record of the contender that ran twice, as a dict."""
    timed = [r for r in (*records.values(), control) if r.status == "measured" and r.samples]
    clock = which_clock(timed, threads)
    view = View(clock, *allowance(timed, clock))
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
        "between_processes": {"relative_sd": view.sd, "degrees_of_freedom": view.dof},
        "contenders": measured,
        "pairs": pairs,
        "engines": list(across(usable, view)),
        "control": aa,
        "warnings": list(warnings(measured, threads, clock, view)),
    }


def which_clock(records, threads):
    """ "cpu" where a contender had its one core only part of the time, else "wall".

    On one core the two are the same thing but for what others ran there meanwhile.
    """
    if threads != 1 or any(r.contender.name == "torch.cudagraph" for r in records):
        return "wall"
    return "cpu" if any(_cpu_per_wall(r.samples) < DISTURBED for r in records) else "wall"


class View:
    """Samples read by one clock, with the allowance for what differs between processes."""

    def __init__(self, clock, sd, dof):
        self.field, self.sd, self.dof = f"{clock}_s", sd, dof
        self.reach = sd * (student.ppf(0.975, dof) if dof else 1.96)

    def steps(self, samples, steps):
        """Seconds of a step, block by block."""
        return [s[self.field] / (s["calls"] * steps) for s in samples]

    def steady(self, samples, steps):
        found = statistics.interval(self.steps(samples, steps))
        return statistics.widened(found, self.reach / math.sqrt(_processes(samples)))

    def ratio(self, upper, lower, upper_steps, lower_steps):
        """Pair by pair: blocks of the same process generation and round."""
        found = statistics.ratio(self.steps(upper, upper_steps), self.steps(lower, lower_steps))
        return statistics.widened(found, self.reach * math.sqrt(2 / _processes(upper)))

    def saving(self, dynamic, static):
        """Seconds that a static step saves, pair by pair; its low end may be negative."""
        d = self.steps(dynamic.samples, dynamic.steps_per_call)
        s = self.steps(static.samples, static.steps_per_call)
        found = statistics.paired(d, s, lambda a, b: a - b)
        both = math.hypot(statistics.median(d), statistics.median(s))
        extra = self.reach * both / math.sqrt(_processes(dynamic.samples))
        low = found.median - math.hypot(found.median - found.low, extra)
        return statistics.Interval(found.median, low, found.median + math.hypot(found.high - found.median, extra))


def allowance(records, clock):
    """(relative standard deviation between processes, degrees of freedom), pooled over all contenders."""
    groups = []
    for record in records:
        by_process = {}
        for s in record.samples:
            by_process.setdefault(s["process"], []).append(s[f"{clock}_s"] / s["calls"])
        groups.append(list(by_process.values()))
    sd, dof = statistics.between(groups)
    return (ASSUMED_BETWEEN, 0) if sd is None else (max(sd, LEAST_BETWEEN), dof)


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
    saving = view.saving(dynamic, static)
    even = {
        state: break_even(ratio, saving, paid(static.ledgers[state]), paid(dynamic.ledgers[state]), static, epoch)
        for state in static.ledgers
    }
    first = next(iter(even.values()))
    return Pair(static.name, dynamic.name, static.framework, ratio, first.steps, first.reason, even)


def break_even(ratio, saving, static_paid, dynamic_paid, static, epoch):
    """The call n with static_paid + (n - 1) static_step = dynamic_paid + (n - 1) dynamic_step."""
    if ratio.high < 1:
        return BreakEven(None, None, None, "never: the dynamic one is faster")
    extra = static_paid - dynamic_paid
    if extra <= 0 and ratio.low > 1:
        return BreakEven(statistics.Interval(1.0, 1.0, 1.0), 1 / epoch, static_paid, "from call 1")
    if ratio.low <= 1 or saving.low <= 0:
        return BreakEven(None, None, None, "never: the intervals overlap")
    steps = [1 + extra / by for by in (saving.median, saving.high, saving.low)]
    seconds = static_paid + (steps[0] - 1) * static.steady_s.median
    return BreakEven(statistics.Interval(*steps), steps[0] / epoch, seconds, None)


def paid(ledger):
    """Seconds before the second step begins: the compiler's import and the first call; the framework's is shared."""
    return ledger.get("compiler_import_s", 0.0) + ledger["first_s"]


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


def warnings(measured, threads, clock, view):
    """Plain sentences about what makes these figures weaker than they look."""
    timed = [c for c in measured if c.status == "measured"]
    if clock == "cpu":
        least = min(timed, key=lambda c: c.cpu_per_wall)
        yield (
            f"another process was busy here ({least.name} had its core {100 * least.cpu_per_wall:.0f} % of the "
            "time): steps are in CPU seconds, which leave its share out"
        )
    for c in timed:
        used = f"{c.name} used {c.cpu_per_wall:.2f} cores where {threads} was asked for"
        if not c.comparable:
            yield f"{used}: it is not ranked"
        width = statistics.spread(view.steps(c.samples, c.steps_per_call))
        if width > SPREAD:
            yield f"{c.name}: the middle half of its blocks spreads over {100 * width:.0f} % of the median"
        if c.slope and "ratio" in c.slope and not SLOPE[0] <= c.slope["ratio"] <= SLOPE[1]:
            yield f"{c.name}: twice the calls took {c.slope['ratio']:.2f} times as long; work may have been folded away"
        if c.answers and c.answers.get("ok") is False:
            yield f"{c.name}: its gradients are wrong ({c.answers['worst']}): its speed means nothing"
        if c.flops and c.flops.get("share") is not None and c.flops["share"] < 0.95:
            yield f"{c.name}: only {100 * c.flops['share']:.0f} % of the products' operations are left in its program"


def _cpu_per_wall(samples):
    return sum(s["cpu_s"] for s in samples) / sum(s["wall_s"] for s in samples)


def _processes(samples):
    return len({s["process"] for s in samples})
