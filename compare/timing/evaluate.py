"""From raw samples to what is claimed: steady times, ratios pair by pair, break-even. Pure; nothing is re-run."""

from . import statistics
from .result import Comparison, ContenderTimes, Control, Pair

EQUAL_THREADS = 1.05  # CPU/wall above threads * this: work ran beside the pinned core
DISTURBED = 0.90  # CPU/wall below this in a one-threaded block: the core was somebody else's for a while
SPREAD = 0.25


def evaluate(records, control, threads, epoch):
    """(contenders, pairs, engines, control, warnings) of {name: Record} and the Record that ran twice."""
    measured = [_times(record) for record in records.values()]
    usable = {c.name: c for c in measured if c.status == "measured"}
    pairs = [
        pair(static, dynamic, epoch)
        for dynamic in usable.values()
        for static in usable.values()
        if dynamic.kind == "dynamic" and static.kind == "static" and static.framework == dynamic.framework
    ]
    engines = list(across(list(usable.values())))
    twin = usable.get(control.contender.name)
    aa = None
    if twin and control.samples and control.status == "measured":
        aa = Control(twin.name, _ratio(twin.samples, control.samples, 1, 1), control.samples)
    return measured, pairs, engines, aa, list(warnings(measured, threads))


def _times(record):
    c = record.contender
    about = (c.name, c.framework, c.kind, c.says, record.status, record.reason)
    if record.status != "measured" or not record.samples:
        return ContenderTimes(*about)
    ledgers = record.ledgers
    return ContenderTimes(
        *about,
        cpu_per_wall=sum(s["cpu_s"] for s in record.samples) / sum(s["wall_s"] for s in record.samples),
        steady_s=statistics.interval(_per_step(record.samples, record.steps)),
        ledger=ledgers[0],
        steps_per_call=record.steps,
        samples=record.samples,
    )


def pair(static, dynamic, epoch):
    """One static contender against the dynamic one of its framework."""
    ratio = _ratio(dynamic.samples, static.samples, dynamic.steps_per_call, static.steps_per_call)
    names = (static.name, dynamic.name, static.framework, ratio)
    if ratio.low <= 1:
        why = "the dynamic one is faster" if ratio.high < 1 else "the intervals overlap"
        return Pair(*names, None, None, None, f"never: {why}")
    saved = _paired(dynamic, static, lambda d, s: d - s)
    extra = paid(static) - paid(dynamic)
    steps = [max(1.0, 1 + extra / saving) for saving in (saved.median, saved.high, saved.low)]
    seconds = paid(static) + (steps[0] - 1) * static.steady_s.median
    reason = "from call 1" if steps[0] == 1 else None
    return Pair(*names, statistics.Interval(*steps), steps[0] / epoch, seconds, reason)


def paid(contender):
    """Seconds before the second step begins: the compiler's import and the first call; the framework's is shared."""
    return contender.ledger.get("compiler_import_s", 0.0) + contender.ledger["first_s"]


def across(usable):
    """The fastest of each framework against the fastest of all."""
    best = {}
    for c in usable:
        if c.framework not in best or c.steady_s.median < best[c.framework].steady_s.median:
            best[c.framework] = c
    ranked = sorted(best.values(), key=lambda c: c.steady_s.median)
    for c in ranked[1:]:
        fastest = ranked[0]
        ratio = _ratio(c.samples, fastest.samples, c.steps_per_call, fastest.steps_per_call)
        yield Comparison(c.name, fastest.name, ratio)


def warnings(measured, threads):
    """Plain sentences about what makes these figures weaker than they look."""
    for c in measured:
        if c.status != "measured":
            continue
        used = f"{c.name} used {c.cpu_per_wall:.2f} cores where {threads} was asked for"
        if c.cpu_per_wall > threads * EQUAL_THREADS:
            yield f"{used}: not comparable with the others"
        if c.cpu_per_wall < DISTURBED:
            yield f"{c.name} had its core only {100 * c.cpu_per_wall:.0f} % of the time: another process is busy"
        width = statistics.spread(_per_step(c.samples, c.steps_per_call))
        if width > SPREAD:
            yield f"{c.name}: the middle half of its blocks spreads over {100 * width:.0f} % of the median"


def _per_step(samples, steps):
    return [s["wall_s"] / (s["calls"] * steps) for s in samples]


def _paired(upper, lower, combine):
    u, l = _per_step(upper.samples, upper.steps_per_call), _per_step(lower.samples, lower.steps_per_call)
    return statistics.paired(u, l, combine)


def _ratio(upper, lower, upper_steps, lower_steps):
    return statistics.ratio(_per_step(upper, upper_steps), _per_step(lower, lower_steps))
