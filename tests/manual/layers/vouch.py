"""A layer by hand, held against torch's and jax's own operation, differentiated, and against differences.

No tolerance is chosen: what counts as rounding is measured on the layer itself, each operation moved by an ulp
(docs/checking.md), and the verdict is the judge's. Inputs are judged like parameters, and so is the output.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from compare.checks.vjp import check_vjp
from compare.judge.verdicts import judge
from compare.user.jax_op import JaxOp
from compare.user.ops import understood
from compare.user.torch_op import TorchOp
from compare.witnesses import Witness
from compare.witnesses.rounding.noisy import Rounding, noisy
from compare.witnesses.rounding.units import unit

DRAWS = 8


def normal(*shapes, seed=0, dtype="float64"):
    """Arrays of standard normal draws, one for each shape."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def vouch(layer, *inputs, torch_op=None, jax_op=None, seed=0, differences=True):
    """Raise AssertionError unless torch, jax and differences vouch for the layer; returns the verdicts.

    layer: (forward, backward), backward(dout, cache) or backward(dout, *inputs).  torch_op, jax_op: the same
    forward in that framework's own operation, of its own arrays; None: not asked.
    """
    verdicts = against_frameworks(layer, *inputs, torch_op=torch_op, jax_op=jax_op, seed=seed)
    if differences:
        verdicts = verdicts + check_vjp(layer, *inputs, seed=seed).verdicts
    off = [f"{v.name}: {v.status}, {v.reason}, ratio {v.ratio}, {v.values}" for v in verdicts if not v.passes]
    assert not off, "\n".join(off)
    return verdicts


def against_frameworks(layer, *inputs, torch_op=None, jax_op=None, seed=0):
    """A verdict for the output(s) and for each input's cotangent."""
    op, inputs = understood(layer, inputs)
    arrays = inputs.arrays
    dtype = np.result_type(*arrays.values())
    outputs = op.outputs(arrays)
    rng = np.random.default_rng([seed, 1])
    cotangents = [rng.standard_normal(o.shape).astype(o.dtype) for o in outputs]
    hand = _named(outputs) | op.pull(arrays, cotangents)
    witnesses = [
        witness(own, inputs, cotangents)
        for witness, own in ((_by_torch, torch_op), (_by_jax, jax_op))
        if own is not None
    ]
    rounding, draws = Rounding(seed), []
    for _ in range(DRAWS):
        moved = noisy(arrays, rounding)
        found = _named(op.outputs(moved)) | op.pull(moved, noisy(cotangents, rounding))
        draws.append({name: np.asarray(a) for name, a in found.items()})
    units = {name: unit([d[name] for d in draws], a, dtype) for name, a in hand.items()}
    shapes = {name: a.shape for name, a in (_named(outputs) | arrays).items()}
    return judge(hand, [replace(w, units=units) for w in witnesses], shapes, dtype)


def _by_torch(own, inputs, cotangents):
    """Torch as a witness, in float64: its outputs, and its gradient of sum(cotangents * outputs)."""
    op, wide = TorchOp(own, inputs), inputs.cast(np.float64)
    found = op.pull(wide, [c.astype(np.float64) for c in cotangents])
    return Witness("torch", 0.0, _named(op.outputs(wide)) | found)


def _by_jax(own, inputs, cotangents):
    """The same of jax; in one function, for nearly all the time goes into compiling."""
    op, wide = JaxOp(own, inputs), inputs.cast(np.float64)

    def both(leaves, cotangents):
        outputs, pull = jax.vjp(lambda leaves: op.arrays(leaves), leaves)
        return outputs, pull(cotangents)[0]

    with jax.enable_x64(True):
        fast = {"xla_backend_optimization_level": "0"}
        doubles = jax.tree.map(jnp.array, (wide, [c.astype(np.float64) for c in cotangents]))
        outputs, found = jax.jit(both, compiler_options=fast)(*doubles)
        return Witness("jax", 0.0, _named(outputs) | {name: np.array(g) for name, g in found.items()})


def _named(outputs):
    return {f"output {k}": np.asarray(o) for k, o in enumerate(outputs)}
