"""What jax.jit does with Python: each function runs a small program and returns what was observed.

Its docstring is shown next to the observation.
"""

import jax
import jax.numpy as jnp

from .attempt import Observation, observed, refused


def branch_on_data() -> Observation:
    """Python needs a number that does not exist yet."""

    @jax.jit
    def absolute(v):
        return v if v > 0 else -v

    return refused("if v > 0, v an argument", lambda: absolute(jnp.float32(-2)))


def branch_in_graph() -> Observation:
    """lax.cond puts both branches into the graph and chooses while it runs."""
    absolute = jax.jit(lambda v: jax.lax.cond(v > 0, lambda: v, lambda: -v))
    got = [float(absolute(jnp.float32(v))) for v in (-2, 3)]
    seen = f"-2 -> {got[0]:g}, 3 -> {got[1]:g}, one graph for both"
    return Observation("lax.cond instead", got == [2.0, 3.0], seen)


def loop_on_data() -> Observation:
    """A while loop whose end depends on data is refused as a Python loop ..."""

    @jax.jit
    def halvings(v):
        count = 0
        while v > 1:
            v, count = v / 2, count + 1
        return count

    return refused("while v > 1, v an argument", lambda: halvings(jnp.float32(8)))


def loop_in_graph() -> Observation:
    """... and works as lax.while_loop, though not in reverse mode."""

    def halvings(v):
        return jax.lax.while_loop(lambda s: s[0] > 1, lambda s: (s[0] / 2, s[1] + 1.0), (v, 0.0))[1]

    count = float(jax.jit(halvings)(jnp.float32(8)))
    seen = f"8 is halved {count:g} times; the length is not fixed"
    return Observation("lax.while_loop instead", count == 3, seen)


def reverse_through_while() -> Observation:
    """The number of residuals to keep is unknown before the loop has run."""

    def shrunk(v):
        return jax.lax.while_loop(lambda s: s > 1, lambda s: s / 2, v)

    return refused("jax.grad through lax.while_loop", lambda: jax.grad(shrunk)(jnp.float32(8)))


def scan_in_graph() -> Observation:
    """A loop of known length can be differentiated: its residuals can be allocated."""

    def shrunk(v):
        return jax.lax.scan(lambda s, _: (s / 2, None), v, length=3)[0]

    slope = float(jax.grad(shrunk)(jnp.float32(8)))
    return Observation("jax.grad through lax.scan", slope == 0.125, f"d/dv of three halvings is {slope:g}")


def prints_when_traced() -> Observation:
    """print is Python: it runs when the graph is built, not when the graph runs."""
    printed = []

    @jax.jit
    def noisy(v):
        printed.append(type(v).__name__)
        return v + 1

    for v in range(3):
        noisy(jnp.float32(v))
    seen = f"3 calls, {len(printed)} print, of a {printed[0]}"
    return Observation("print, or any side effect", len(printed) == 1, seen)


def captured_constant() -> Observation:
    """A value that is closed over is part of the graph: changing it later changes nothing."""
    scale = {"by": 2.0}
    scaled = jax.jit(lambda v: v * scale["by"])
    first = float(scaled(jnp.float32(1)))
    scale["by"] = 10.0
    second = float(scaled(jnp.float32(1)))
    seen = f"{first:g}, then still {second:g}: it is stale"
    return Observation("a captured value changes", second == 2.0, seen)


def new_shape() -> Observation:
    """Each shape is another graph."""
    traced: list[tuple] = []

    @jax.jit
    def total(v):
        traced.append(v.shape)
        return v.sum()

    for n in (3, 4, 3):
        total(jnp.ones(n))
    return Observation("shapes 3, 4, 3", len(traced) == 2, f"{len(traced)} traces: {traced}")


def shape_from_data() -> Observation:
    """A result whose shape depends on values has no place in a graph of fixed shapes."""
    positive = jax.jit(lambda v: v[v > 0])
    return refused("v[v > 0], a shape that depends on data", lambda: positive(jnp.arange(-2.0, 3.0)))


def all_of_them() -> list[Observation]:
    """Make every observation, in the order they are shown."""
    shown = [
        *(branch_on_data, branch_in_graph, loop_on_data, loop_in_graph, reverse_through_while),
        *(scan_in_graph, prints_when_traced, captured_constant, new_shape, shape_from_data),
    ]
    return [observed("jax.jit", function) for function in shown]
