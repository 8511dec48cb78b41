"""Break down a step's time by differences: the dynamic step, its operations replayed, and the compiled step."""

from collections.abc import Iterable

from .result import ContenderTimes

# dynamic, replayed, static, and what the dynamic step does more than its replay
ROWS = (
    ("torch", "torch.replay", "torch.compile", "recording the graph"),
    ("jax", "jax.replay", "jax.jit", "tracing again"),
)


def parts(contenders: Iterable[ContenderTimes]) -> list[dict]:
    """Return [{framework, step_s, parts: {name: seconds}}] where all three contenders were measured."""
    steady = {c.name: c.steady_s.median for c in contenders if c.steady_s}
    return [
        {
            "framework": dynamic,
            "step_s": steady[dynamic],
            "parts": {
                recording: steady[dynamic] - steady[replay],
                "dispatching each operation": steady[replay] - steady[static],
                "arithmetic, and one call": steady[static],
            },
        }
        for dynamic, replay, static, recording in ROWS
        if {dynamic, replay, static} <= steady.keys()
    ]
