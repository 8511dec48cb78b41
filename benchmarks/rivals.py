"""The tools of the league: each says of a loss and its hand-written gradient whether they belong together.

A tool is a function `tool(case) -> bool | None`: True, it accepts the gradient; False, it rejects it; None, it cannot
take the case. `case` is a Candidate. To enter another, write the function and put it into TOOLS.
"""

import contextlib
import io
from collections.abc import Callable
from copy import deepcopy

import numpy as np

STEP = 1e-5  # of central differences, where a tool has none of its own


class Candidate:
    """A loss and its hand-written gradient, as NumPy functions of a dict or of one vector, in float64.

    params: {name: array}.  loss(params), grads(params): a number, {name: array}.  x0: the parameters as a vector;
    f(x), g(x): loss and gradient there.
    """

    def __init__(self, params, run):
        self.params, self._run = params, run
        self.sizes = np.cumsum([np.size(p) for p in params.values()])[:-1]
        self.x0 = self.flat(params)

    def loss(self, params):
        return float(np.asarray(self._called(params)[0]).reshape(()))

    def grads(self, params):
        return {n: np.asarray(g, float) for n, g in self._called(params)[1].items()}

    def _called(self, params):
        return self._run(deepcopy({n: params[n] for n in self.params}))  # jax sorts the keys

    def flat(self, tree):
        return np.concatenate([np.asarray(tree[n], float).reshape(-1) for n in self.params])

    def tree(self, x):
        pieces = np.split(np.asarray(x, float), self.sizes)
        return {n: v.reshape(np.shape(p)) for (n, p), v in zip(self.params.items(), pieces, strict=True)}

    def f(self, x):
        return self.loss(self.tree(x))

    def g(self, x):
        return self.flat(self.grads(self.tree(x)))


def central(case, step=STEP):
    rows = step * np.eye(case.x0.size)
    return np.array([(case.f(case.x0 + e) - case.f(case.x0 - e)) / (2 * step) for e in rows])


def allclose(case):
    return np.allclose(case.g(case.x0), central(case))


def norm_ratio(case):
    """Compare as courses do it: the norm of the difference over the sum of the norms, at most 2e-7."""
    mine, right = case.g(case.x0), central(case, 1e-7)
    return np.linalg.norm(mine - right) / (np.linalg.norm(mine) + np.linalg.norm(right)) < 2e-7


def scipy_check_grad(case):
    """scipy returns the norm of the difference and leaves the judgement to the reader: 1e-5 of the gradient here."""
    from scipy.optimize import check_grad

    return check_grad(case.f, case.g, case.x0) <= 1e-5 * max(1.0, np.linalg.norm(case.g(case.x0)))


def torch_loss(case):
    import torch

    class Hand(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *leaves):
            params = {n: a.detach().numpy().copy() for n, a in zip(case.params, leaves, strict=True)}
            with torch.enable_grad():  # the case itself may be written in torch
                ctx.grads = case.grads(params)
                return torch.tensor(case.loss(params), dtype=torch.float64)

        @staticmethod
        def backward(ctx, cotangent):
            return tuple(cotangent * torch.tensor(ctx.grads[n]) for n in case.params)

    return Hand.apply


def gradcheck(case, fast=False):
    import torch

    leaves = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in case.params.values()]
    return torch.autograd.gradcheck(torch_loss(case), leaves, fast_mode=fast, raise_exception=False)


def gradcheck_fast(case):
    return gradcheck(case, fast=True)


def jax_loss(case):
    import jax

    def answer(params):
        params = {n: np.array(p) for n, p in params.items()}
        return jax.numpy.asarray(case.loss(params)), {
            n: jax.numpy.asarray(g) for n, g in case.grads(params).items()
        }

    loss = jax.custom_vjp(lambda params: answer(params)[0])
    loss.defvjp(answer, lambda grads, c: ({n: c * g for n, g in grads.items()},))
    return loss


def jax_check_grads(case):
    import jax
    from jax.test_util import check_grads

    with jax.enable_x64(True):
        native = {n: jax.numpy.asarray(p, float) for n, p in case.params.items()}
        return passes(check_grads, jax_loss(case), (native,), order=1, modes=("rev",))


def chex_numerical(case):
    import chex
    import jax

    with jax.enable_x64(True):
        loss = jax_loss(case)
        sizes = [int(s) for s in case.sizes]

        def of_vector(x):
            pieces = jax.numpy.split(x, sizes)
            named = zip(case.params.items(), pieces, strict=True)
            return loss({n: v.reshape(np.shape(p)) for (n, p), v in named})

        x0 = jax.numpy.asarray(case.x0)
        return passes(chex.assert_numerical_grads, of_vector, (x0,), order=1, modes=("rev",))


def hips_check_grads(case):
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    f = primitive(lambda x: case.f(x))
    defvjp(f, lambda value, x: lambda c: c * case.g(x))
    np.random.seed(0)  # the directions it tries
    return passes(check_grads(f, modes=["rev"], order=1), case.x0)


def derivcheck(case):
    from derivcheck import assert_deriv

    return passes(assert_deriv, case.f, case.g, case.x0)


def numdifftools(case):
    from numdifftools import Gradient

    return np.allclose(case.g(case.x0), Gradient(case.f)(case.x0))


def gradients_package(case):
    """The package `gradients`: its Gradient prints what fails, and takes parameters of a module."""
    import torch
    from gradients import Gradient

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for n, p in case.params.items():
                self.register_parameter(n, torch.nn.Parameter(torch.tensor(p, dtype=torch.float64)))

        def forward(self, x):
            return torch_loss(case)(*self.parameters())

    if not all(n.isidentifier() for n in case.params):
        return None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        Gradient(Model(), torch.zeros(1), torch.zeros(1), lambda loss, y: loss, 1e-5)
    return "Check Failed" not in printed.getvalue()


def passes(check, *arguments, **options):
    """Whether a check that raises on a disagreement passes."""
    try:
        check(*arguments, **options)
    except AssertionError:
        return False
    return True


TOOLS: dict[str, Callable] = {
    "np.allclose, central differences": allclose,
    "norm ratio of courses, 2e-7": norm_ratio,
    "scipy check_grad": scipy_check_grad,
    "torch gradcheck, slow": gradcheck,
    "torch gradcheck, fast": gradcheck_fast,
    "jax check_grads": jax_check_grads,
    "HIPS autograd check_grads": hips_check_grads,
    "chex assert_numerical_grads": chex_numerical,
    "derivcheck assert_deriv": derivcheck,
    "numdifftools and np.allclose": numdifftools,
    "gradients.Gradient": gradients_package,
}
