"""Fused norms of torch taken apart compute what torch computes, and cancel where it does."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from compare.witnesses.torch import noise  # noqa: E402
from compare.witnesses.torch_apart import TAKEN_APART  # noqa: E402


class Apart(TorchDispatchMode):
    """Runs what can be taken apart so. met: its names."""

    def __init__(self):
        super().__init__()
        self.met = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.met.add(str(func))
        return TAKEN_APART.get(func, func)(*args, **(kwargs or {}))


NORMS = {
    "batch": lambda: torch.nn.BatchNorm2d(6),
    "batch, evaluated": lambda: torch.nn.BatchNorm2d(6).eval(),
    "layer": lambda: torch.nn.LayerNorm((5, 5)),
    "group": lambda: torch.nn.GroupNorm(2, 6),
    "group without weights": lambda: torch.nn.GroupNorm(3, 6, affine=False),
}


@pytest.mark.parametrize("name", NORMS)
def test_a_norm_taken_apart_is_the_norm(name):
    def run():
        torch.manual_seed(0)
        norm = NORMS[name]().double()
        x = torch.randn(4, 6, 5, 5, dtype=torch.float64).requires_grad_()
        y = norm(x)
        grads = torch.autograd.grad((y**3).sum() + y.sin().sum(), [x, *norm.parameters()])
        return [y, *grads, *norm.buffers()]

    fused = run()
    with Apart() as mode:
        mine = run()
    assert any("native" in met and "backward" in met for met in mode.met)
    for a, b in zip(fused, mine, strict=True):
        torch.testing.assert_close(b, a, rtol=1e-12, atol=1e-12)


def test_the_rounding_of_a_norm_of_values_far_from_0_is_measured():
    # x - mean loses a digit for each power of ten that the mean is larger than the spread.
    x = torch.randn(8, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).numpy()

    def loss(leaves, x):
        y = torch.nn.functional.batch_norm(x + leaves["shift"], None, None, training=True)
        return (y**3).sum() + (leaves["w"] * y).sum()

    spread = {}
    for shift in (1.0, 1e4):
        arrays = {"shift": np.array(shift), "w": np.ones((1, 3, 4, 4))}
        draws = [d["w"] for d in noise(loss, arrays, [x], "float64", 4)]
        spread[shift] = np.std(draws, axis=0).mean()
    assert spread[1e4] > 100 * spread[1.0]
