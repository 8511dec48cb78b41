"""Run peers on the bench's own cases: which find the planted mistakes, and which call a correct network wrong?

    python benchmarks/mistakes.py --networks 1 --entries 40 --correct 40

Each peer runs as its documentation shows, with its defaults. allclose and assert_close compare the candidate's gradient
with torch's in the same floating type. gradcheck and check_grads compare it with finite differences of the candidate's
own loss. They cannot find a mistake that changes loss and gradient alike; `same loss` leaves those mistakes out. In
`one entry` a single entry of the gradient is off by 1e-4 of the typical size in its array.
"""

import argparse
import contextlib
import importlib.util
import json
import sys
import warnings
from pathlib import Path

import jax
import numpy as np
import torch
from jax.test_util import check_grads

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch_ref
from compare.checks.bench.bench import DTYPES
from compare.checks.bench.planting import planted_cases, shown_in
from compare.checks.gradients import check_gradients
from compare.mistakes.catalogue import catalogue
from compare.networks.draws import architecture, draw, suited, suited_draw


def by_torch(net, params, x, y):
    """Return torch's gradient, in the floating type of the parameters."""
    fields = {name: getattr(net, name) for name in net.__dataclass_fields__}
    native = torch_ref.from_numpy((params, x, y))
    return torch_ref.to_numpy(torch_ref.MLP(**fields).loss_and_grads(*native)[1])


def allclose(hand, net, params, x, y):
    grads, right = hand(params, x, y)[1], by_torch(net, params, x, y)
    return all(np.allclose(grads[n], right[n]) for n in right)


def assert_close(hand, net, params, x, y):
    grads, right = hand(params, x, y)[1], by_torch(net, params, x, y)
    return _passes(
        torch.testing.assert_close, *({n: torch.tensor(g[n]) for n in right} for g in (grads, right))
    )


def chex_trees(hand, net, params, x, y):
    import chex

    grads, right = hand(params, x, y)[1], by_torch(net, params, x, y)
    return _passes(chex.assert_trees_all_close, grads, right)


def gradcheck(hand, net, params, x, y, fast=False):
    names = list(params)

    class Hand(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *leaves):
            loss, grads = hand({n: a.detach().numpy() for n, a in zip(names, leaves, strict=True)}, x, y)
            ctx.grads = [torch.tensor(grads[n]) for n in names]
            return torch.tensor(loss, dtype=leaves[0].dtype)

        @staticmethod
        def backward(ctx, cotangent):
            return tuple(cotangent * g for g in ctx.grads)

    leaves = [torch.tensor(params[n], requires_grad=True) for n in names]
    return torch.autograd.gradcheck(Hand.apply, leaves, fast_mode=fast, raise_exception=False)


def gradcheck_fast(*case):
    return gradcheck(*case, fast=True)


def jax_check_grads(hand, net, params, x, y):
    def answer(params):
        params = {n: np.asarray(p) for n, p in params.items()}
        loss, grads = hand(params, x, y)
        return jax.numpy.asarray(loss, x.dtype), {n: jax.numpy.asarray(g) for n, g in grads.items()}

    loss = jax.custom_vjp(lambda params: answer(params)[0])
    loss.defvjp(answer, lambda grads, c: ({n: c * g for n, g in grads.items()},))
    with jax.enable_x64(x.dtype == np.float64):
        native = {n: jax.numpy.asarray(p) for n, p in params.items()}
        return _passes(check_grads, loss, (native,), order=1, modes=("rev",))


def threeways(hand, net, params, x, y):
    return check_gradients(hand, params, x, y, network=net, witnesses=("torch",)).ok


PEERS = {
    "threeways": threeways,
    "np.allclose": allclose,
    "torch.testing.assert_close": assert_close,
    "torch gradcheck, slow": gradcheck,
    "torch gradcheck, fast": gradcheck_fast,
    "jax check_grads": jax_check_grads,
    "chex.assert_trees_all_close": chex_trees,
}


def _passes(check, *arguments, **options):
    """Return whether a check that raises on a disagreement passes."""
    try:
        check(*arguments, **options)
    except AssertionError:
        return False
    return True


def planted(networks, seed):
    """Yield (candidate, case, dtype, whether the loss is right) for each mistake that shows."""
    for id, mistake in catalogue().items():
        for k in range(networks):
            for drawn, layers, constant in planted_cases(id, k, seed)[0]:
                for dtype in DTYPES:
                    if not mistake.local and shown_in(mistake, drawn, layers, constant, dtype):
                        hand = mistake.planted(drawn.net, layers, constant).loss_and_grads
                        yield hand, (drawn.net, *drawn.cast(dtype)), dtype, not mistake.loss


def one_entry(count, seed, relative=1e-4):
    """Yield small well-conditioned networks with one gradient entry off by `relative` of its array's typical size."""
    rng = np.random.default_rng([seed, 7])
    for _ in range(count):
        net, samples = suited(rng)
        drawn = suited_draw(net, samples, rng, "float64")
        right = net.loss_and_grads(drawn.params, drawn.x, drawn.y)[1]
        names = [n for n in right if np.any(right[n])]
        if not names:  # every unit is dead, or every sample on the flat side of a hinge
            continue
        name = str(rng.choice(names))
        index = tuple(rng.integers(0, n) for n in right[name].shape)
        for dtype in DTYPES:
            off = (name, index, relative * np.sqrt(np.mean(right[name] ** 2)))
            yield spoilt(net, *off), (net, *drawn.cast(dtype)), dtype, True


def spoilt(net, name, index, off):
    def hand(params, x, y):
        loss, grads = net.loss_and_grads(params, x, y)
        grads[name][index] += off
        return loss, grads

    return hand


def correct(count, seed):
    """Yield the first draw without overflow of each of `count` random architectures."""
    for a in range(count):
        net = architecture(np.random.default_rng([seed, a]))
        for dtype in DTYPES:
            drawn = draw(net, np.random.default_rng([seed, a, 0]), dtype)
            case = (drawn.params, drawn.x, drawn.y)
            loss, grads = net.loss_and_grads(*case)
            if np.isfinite(loss) and all(np.isfinite(g).all() for g in grads.values()):
                yield net.loss_and_grads, (net, *case), dtype, True


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--networks", type=int, default=1, help="number of networks per mistake")
    options.add_argument("--correct", type=int, default=100, help="number of correct networks")
    options.add_argument(
        "--entries", type=int, default=40, help="number of networks with one entry off by 1e-4"
    )
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--json", type=Path)
    options = options.parse_args()
    warnings.simplefilter("ignore")  # gradcheck warns about float32
    absent = [] if importlib.util.find_spec("chex") else ["chex.assert_trees_all_close"]
    peers = {name: judge for name, judge in PEERS.items() if name not in absent}
    rows = []
    for kind, cases in (
        ("planted", planted(options.networks, options.seed)),
        ("entry", one_entry(options.entries, options.seed)),
        ("correct", correct(options.correct, options.seed)),
    ):
        with np.errstate(all="ignore"):
            for hand, case, dtype, same_loss in cases:
                passed = {name: bool(judge(hand, *case)) for name, judge in peers.items()}
                rows.append({"kind": kind, "dtype": dtype, "same_loss": same_loss, "passed": passed})
    table(rows, peers, absent)
    if options.json:
        options.json.write_text(json.dumps(rows))


def table(rows, peers, absent):
    def share(name, kind, dtype, **more):
        mine = [r for r in rows if r["kind"] == kind and r["dtype"] == dtype]
        mine = [r for r in mine if all(r[key] == value for key, value in more.items())]
        return f"{sum(not r['passed'][name] for r in mine)}/{len(mine)}"

    print(f"{'':30}{'found':>12}{'same loss':>12}{'one entry':>12}{'called wrong':>15}")
    for dtype in DTYPES:
        print(dtype)
        for name in peers:
            found, same = share(name, "planted", dtype), share(name, "planted", dtype, same_loss=True)
            entry, wrong = share(name, "entry", dtype), share(name, "correct", dtype)
            print(f"  {name:28}{found:>12}{same:>12}{entry:>12}{wrong:>15}")
    for name in absent:
        print(f"  {name:28} not installed")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
