"""CONTRIBUTING's recipe for an activation, followed in a copy of the project: three functions, three entries."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("manual", "torch_ref", "jax_ref", "compare")
RUN = "import sys; from compare.cli import main; sys.exit(main(sys.argv[1:]))"

FUNCTIONS = {
    "manual": '''
def arctan(z: Array) -> Array:
    return np.arctan(z)


def arctan_derivative(z: Array) -> Array:
    """f'(z) = 1 / (1 + z^2)"""
    return 1 / (1 + z * z)


def arctan_second_derivative(z: Array) -> Array:
    """f''(z) = -2 z / (1 + z^2)^2"""
    return -2 * z / (1 + z * z) ** 2


''',
    "torch_ref": "",
    "jax_ref": "",
}
ENTRIES = {
    "manual": """    "arctan": Activation(
        arctan,
        arctan_derivative,
        second=arctan_second_derivative,
        f_tex=r"f(z) = \\arctan z",
        slope_tex=r"f'(z) = \\frac{1}{1 + z^2}",
        f_code="arctan(z)",
        slope_code="1 / (1 + z**2)",
        exercise_code="1 / (1 + z ** 2)",
        saturates=("left", "right"),
        range=(-np.pi / 2, np.pi / 2),
    ),
""",
    "torch_ref": '    "arctan": torch.arctan,\n',
    "jax_ref": '    "arctan": jnp.arctan,\n',
}
BACKWARD = """
import numpy as np

rng = np.random.default_rng(0)
params = {"W1": rng.normal(size=(2, 4)), "b1": rng.normal(size=4)}
params |= {"W2": rng.normal(size=(4, 1)), "b2": rng.normal(size=1)}
x, y = rng.normal(size=(8, 2)), rng.integers(0, 2, (8, 1)).astype(float)


def backward(params, x, y):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    z1 = x @ W1 + b1
    a1 = np.arctan(z1)
    p = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    delta2 = (p - y) / len(x)
    delta1 = (delta2 @ W2.T) / (1 + z1**2)
    return loss, {"W1": x.T @ delta1, "b1": delta1.mean(axis=0), "W2": a1.T @ delta2, "b2": delta2.sum(axis=0)}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the packages with the activation arctan added by the recipe."""
    root = tmp_path_factory.mktemp("project")
    for package in PACKAGES:
        # With the bytecode: each command of these tests would compile all modules anew.
        shutil.copytree(ROOT / package, root / package)
    for package, entry in ENTRIES.items():
        path = root / package / "activations.py"
        code, head, table = path.read_text(encoding="utf-8").partition("\nACTIVATIONS")
        opened, rest = table.split("{\n", 1)
        path.write_text(code + FUNCTIONS[package] + head + opened + "{\n" + entry + rest, encoding="utf-8")
    return root


def run(project, *arguments):
    environment = os.environ | {"PYTHONPATH": str(project), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-c", RUN, *map(str, arguments)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_the_three_packages_agree(project):
    done = run(project, "gradients", "--sizes", "64,5,10", "--activations", "arctan,softmax", "--batch", 8)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "torch" in done.stdout and "jax" in done.stdout


@pytest.mark.slow
def test_a_loss_with_it_is_recognised_and_the_mistake_named(project):
    (project / "mine.py").write_text(BACKWARD, encoding="utf-8")
    done = run(project, "check", "mine.py")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Recognised: 2-4-1, arctan, sigmoid, binary cross-entropy" in done.stdout
    assert "delta1.sum(axis=0)" in done.stdout


@pytest.mark.slow
def test_its_derivation_is_written_out(project):
    done = run(project, "derive", "--sizes", "2,3,2", "--activations", "arctan,softmax")
    assert done.returncode == 0, done.stdout + done.stderr
    assert r"\arctan z" in done.stdout and r"\frac{1}{1 + z^2}" in done.stdout


@pytest.mark.slow
def test_an_exercise_is_made_of_it(project):
    options = ("--sizes", "4,5,3", "--activations", "arctan,softmax", "--plant", "bias-averaged")
    done = run(project, "exercise", "mlp", "week", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "np.arctan(z)" in (project / "week" / "backward.py").read_text(encoding="utf-8")
    assert run(project, "check", "week").returncode == 1
