"""
Numerical, symbolic, automatic
==============================

Three methods compute a derivative without a derivation on paper. **What does each cost, and how many digits does
it give?**

Prediction: finite differences lose half the digits, expressions explode with depth, and reverse mode costs memory.
"""

import time
from itertools import pairwise

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import sympy

from manual import MLP

rng = np.random.default_rng(0)

# %%
# Numerical: the V
# ----------------
# Differentiate the loss by one weight with steps of every size, in both floating types. In theory the best step of the
# forward difference is about :math:`\sqrt{\epsilon}`, with an error of about :math:`\sqrt{\epsilon}`. The best step of
# the central difference is about :math:`\epsilon^{1/3}`, with an error of about :math:`\epsilon^{2/3}`. The complex
# step, Im L(w + ih) / h, subtracts nothing, so small steps lose no digits. It needs an analytic loss, and code that
# accepts complex numbers.

net = MLP((4, 6, 3), ("tanh", "identity"), "quadratic")
params = {name: p + rng.standard_normal(p.shape) for name, p in net.init(rng).items()}
x, y = rng.standard_normal((8, 4)), rng.standard_normal((8, 3))
right = net.loss_and_grads(params, x, y)[1]["W1"][0, 0]


def loss_at(step, dtype):
    """Return the loss with one weight perturbed by `step`, computed in `dtype`."""
    moved = {name: p.astype(dtype) for name, p in params.items()}
    moved["W1"][0, 0] += step
    real = np.float32 if dtype == np.float32 else np.float64
    return net.loss(moved, x.astype(real), y.astype(real))


steps = 10.0 ** np.arange(-16, 0.1, 0.25)
found = {}
for dtype in (np.float64, np.float32):
    name = np.dtype(dtype).name
    zero = loss_at(0, dtype)
    found[f"forward, {name}"] = [(loss_at(h, dtype) - zero) / h for h in steps]
    found[f"central, {name}"] = [(loss_at(h, dtype) - loss_at(-h, dtype)) / (2 * h) for h in steps]
found["complex step"] = [loss_at(1j * h, np.complex128).imag / h for h in steps]
error = {name: np.abs(np.array(values, float) / right - 1) + 1e-17 for name, values in found.items()}

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name, e in error.items():
    axes.loglog(steps, e, "--" if "32" in name else "-", label=name)
axes.set(
    xlabel="step h", ylabel="relative error", title="The V: rounding on the left, truncation on the right"
)
axes.legend()

best = {name: (float(steps[np.argmin(e)]), float(e.min())) for name, e in error.items()}
for name, (h, e) in best.items():
    print(f"{name:18} best step {h:8.0e}, relative error {e:.0e}")
eps = {"float64": 2.0**-52, "float32": 2.0**-23}
for name in eps:
    assert 1e-2 < best[f"forward, {name}"][0] / eps[name] ** 0.5 < 1e3
    assert best[f"central, {name}"][1] < best[f"forward, {name}"][1]
    assert error[f"central, {name}"][0] > 1e3 * best[f"central, {name}"][1]
assert error["complex step"][0] < 1e-14, "the smallest step loses no digits"

# %%
# N parameters need N + 1 losses of about N multiplications each. The network above is small enough for that; a network
# of a million parameters is not.
#
# Symbolic: size and time
# -----------------------
# sympy differentiates a chain of n sigmoid units as an expression. Then ``cse`` extracts the shared subexpressions.
# Automatic differentiation keeps them shared from the start.

w, s = sympy.symbols("w s")
expression, rows = s, []
for n in range(1, 13):
    expression = 1 / (1 + sympy.exp(-w * expression))
    started = time.perf_counter()
    derivative = sympy.diff(expression, w)
    differentiated = time.perf_counter()
    sympy.lambdify((w, s), derivative, "numpy")
    compiled = time.perf_counter()
    shared, rest = sympy.cse(derivative)
    with_sharing = sum(sympy.count_ops(e) for _, e in shared) + sympy.count_ops(rest[0])
    rows.append(
        (n, sympy.count_ops(derivative), with_sharing, differentiated - started, compiled - differentiated)
    )
depth, size, sharing, to_differentiate, to_compile = (
    np.array(column, float) for column in zip(*rows, strict=True)
)
print(
    f"depth 12: {size[-1]:.0f} operations, {sharing[-1]:.0f} with sharing; in this run diff took "
    f"{to_differentiate[-1] / to_differentiate[0]:.0f} times as long as at depth 1, lambdify "
    f"{to_compile[-1] / to_compile[0]:.0f} times as long"
)
growth = np.polyfit(np.log(depth[3:]), np.log(size[3:]), 1)[0]
growth_shared = np.polyfit(np.log(depth[3:]), np.log(sharing[3:]), 1)[0]
print(f"operations grow as depth^{growth:.2f}, with sharing as depth^{growth_shared:.2f}")
assert growth > 1.6 and growth_shared < 1.4

branching, polynomial = s, []
for _ in range(8):
    branching = 4 * branching * (1 - branching)  # uses its argument twice
    polynomial.append(sympy.count_ops(sympy.diff(branching, s)))
print("operations where each step uses its argument twice:", polynomial)
assert all(b > 2 * a for a, b in pairwise(polynomial)), "at least doubles at each step"

figure, (left, middle) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
left.loglog(depth, size, "o-", label="derivative, as an expression")
left.loglog(depth, sharing, "s-", label="with sharing")
left.loglog(range(1, 9), polynomial, "^-", label="argument used twice")
left.set(xlabel="depth", ylabel="operations")
left.legend()
middle.loglog(depth, to_differentiate / to_differentiate[0], "o-", label="sympy.diff")
middle.loglog(depth, to_compile / to_compile[0], "s-", label="sympy.lambdify")
middle.set(xlabel="depth", ylabel="time, depth 1 = 1", title="measured in this run")
middle.legend()

# %%
# Automatic: forward or reverse
# -----------------------------
# For the Jacobian of a function from R\ :sup:`n` to R\ :sup:`m`, the cost of forward mode grows with the number of
# inputs, that of reverse mode with the number of outputs. XLA counts the operations of the compiled program.


def between(n, m, hidden=64):
    """Return a function from n inputs to m outputs, and a point."""
    A, B = rng.standard_normal((hidden, n)).astype("f"), rng.standard_normal((m, hidden)).astype("f")
    return lambda v: jnp.tanh(B @ jnp.tanh(A @ v)), jnp.ones(n, "float32")


def operations(mode, n, m):
    f, at = between(n, m)
    return jax.jit(mode(f)).lower(at).compile().cost_analysis()["flops"]


many = (1, 8, 64, 512)
flops = {
    (mode.__name__, shape): [operations(mode, *((n, 1) if shape == "n to 1" else (1, n))) for n in many]
    for mode in (jax.jacfwd, jax.jacrev)
    for shape in ("n to 1", "1 to n")
}
figure, pair = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
for axes, shape in zip(pair, ("n to 1", "1 to n"), strict=True):
    for mode, label in (("jacfwd", "forward"), ("jacrev", "reverse")):
        axes.loglog(many, flops[mode, shape], "o-", label=label)
    axes.set(xlabel="n", title="R^n to R^1" if shape == "n to 1" else "R^1 to R^n", ylabel="operations")
    axes.legend()
dear = flops["jacfwd", "n to 1"][-1] / flops["jacrev", "n to 1"][-1]
cheap = flops["jacrev", "1 to n"][-1] / flops["jacfwd", "1 to n"][-1]
print(f"512 inputs, 1 output: forward mode costs {dear:.0f} times reverse mode")
print(f"1 input, 512 outputs: reverse mode costs {cheap:.0f} times forward mode")
assert dear > 50 and cheap > 50

# %%
# The memory of reverse mode
# --------------------------
# The backward pass needs the values of the forward pass. Measure the bytes that XLA allocates for a loop of sines over
# 1,000 numbers, by the length of the loop. ``jax.checkpoint`` on blocks of the loop keeps only the values at their
# borders and computes the others again.


def looped(length, block=1):
    """Return the sum after a loop of `length` sines; for block > 1 the backward pass recomputes each block."""

    def one(v, _):
        return jnp.sin(v), None

    def some(v, _):
        return jax.lax.scan(one, v, length=block)[0], None

    body = jax.checkpoint(some) if block > 1 else one
    return lambda v: jax.lax.scan(body, v, length=length // block)[0].sum()


def memory(function):
    return jax.jit(function).lower(jnp.ones(1000, "float32")).compile().memory_analysis().temp_size_in_bytes


lengths, modes = (16, 64, 256, 1024), {}
for length in lengths:
    f = looped(length)
    modes.setdefault("reverse", []).append(memory(jax.grad(f)))
    modes.setdefault("forward", []).append(memory(lambda v, f=f: jax.jvp(f, (v,), (v,))[1]))
    block = int(length**0.5)
    modes.setdefault("reverse, checkpointed", []).append(memory(jax.grad(looped(length, block))))
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, sizes in modes.items():
    axes.loglog(lengths, sizes, "o-", label=name)
    print(f"{name:22} {sizes} bytes at lengths {lengths}")
axes.set(xlabel="length of the loop", ylabel="bytes of temporaries")
axes.legend()
powers = {name: np.polyfit(np.log(lengths), np.log(sizes), 1)[0] for name, sizes in modes.items()}
print({name: f"length^{power:.2f}" for name, power in powers.items()})
assert powers["reverse"] > 0.9 and powers["forward"] < 0.1 and powers["reverse, checkpointed"] < 0.7

# %%
# Use finite differences for a check, because they need nothing but the loss. Use expressions for a formula on paper,
# and reverse mode for a loss with many parameters. The measurements refute one sentence: "its memory use is small"
# (line E10).
