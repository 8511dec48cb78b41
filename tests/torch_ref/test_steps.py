"""Every way to execute a step makes the same step."""

import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch_ref  # noqa: E402
from torch_ref import optimizers, steps  # noqa: E402

NET, SGD = torch_ref.MLP((6, 5, 4)), optimizers.SGD(0.5)


def arguments():
    rng = np.random.default_rng(0)
    shapes = {"W1": (5, 6), "b1": (5,), "W2": (4, 5), "b2": (4,)}
    params = torch_ref.from_numpy({name: rng.standard_normal(shape) for name, shape in shapes.items()})
    x, y = torch_ref.from_numpy(rng.standard_normal((7, 6))), torch_ref.from_numpy(rng.integers(0, 4, 7))
    return params, SGD.init(params), x, y


def assert_the_same_step(step):
    expected, _, expected_loss = steps.eager(NET, SGD)(*arguments())
    params, _, loss = step(*arguments())
    assert float(loss) == pytest.approx(float(expected_loss), rel=1e-14)
    for name, p in params.items():
        # Both are float64; a dozen operations of a few terms each stay below 100 eps.
        torch.testing.assert_close(p, expected[name], rtol=100 * 2.2e-16, atol=100 * 2.2e-16)


def test_the_functional_step_is_the_eager_one():
    assert_the_same_step(steps.functional(NET, SGD))


def test_the_traced_step_is_the_eager_one():
    assert_the_same_step(steps.traced(NET, SGD, *arguments()))


def test_the_exported_step_is_the_eager_one():
    assert_the_same_step(steps.exported(NET, SGD, *arguments()))


def test_an_exported_step_follows_new_data():
    params, state, x, y = arguments()
    program = steps.exported(NET, SGD, params, state, x, y)
    expected = steps.eager(NET, SGD)(params, state, 2 * x, y)
    torch.testing.assert_close(program(params, state, 2 * x, y)[0]["W1"], expected[0]["W1"])


@pytest.fixture(autouse=True)
def any_distutils(monkeypatch):
    """inductor imports setuptools, which refuses to replace a distutils that an earlier test has loaded."""
    monkeypatch.setenv("SETUPTOOLS_USE_DISTUTILS", "stdlib")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Reliance on distutils:UserWarning")
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_the_compiled_step_is_the_eager_one(tmp_path, monkeypatch):
    # In the form p.add_(g, alpha=-rate) inductor fused the weights' update into an addmm without the alpha.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    assert_the_same_step(steps.compiled(NET, SGD))
