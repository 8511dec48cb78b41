"""One module a framework: how it prepares a contender, and what it alone can tell about the step.

A child loads its own after the framework's import was timed. Each has the same functions:
    prepared(task, contender) -> Prepared          everything outside the clock; AbsentError where it cannot run
    warm()                                        compile something else first
    parts(contender) -> {part: seconds}           the first call since `prepared`, by the framework's own timers
    compiles() -> int                             how often anything was traced or compiled so far
    precision() -> {setting: value}               what changes digits
    memory(contender, task, prepared) -> (bytes, how)
    flops(contender, prepared) -> (flops or None, how, steps they are of)
and those with a compiler retraceable(task) -> Retraceable.
"""
