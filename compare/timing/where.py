"""Where a step's time goes, by differences: the dynamic step, its operations replayed, and the compiled step."""


def parts(contenders):
    """[{framework, step_s, parts: {name: seconds}}] for each framework whose three contenders were measured."""
    steady = {c.name: c.steady_s.median for c in contenders if c.status == "measured"}
    found = []
    for framework, dynamic, replay, static, recording in (
        ("torch", "torch", "torch.replay", "torch.compile", "recording the graph"),
        ("jax", "jax", "jax.replay", "jax.jit", "tracing again"),
    ):
        if {dynamic, replay, static} <= steady.keys():
            found.append(
                {
                    "framework": framework,
                    "step_s": steady[dynamic],
                    "parts": {
                        recording: steady[dynamic] - steady[replay],
                        "dispatching each operation": steady[replay] - steady[static],
                        "arithmetic, and one call": steady[static],
                    },
                }
            )
    return found
