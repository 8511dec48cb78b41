"""threeways check FILE:OP --reference NAME: kernels of Triton and Pallas, interpreted on the CPU."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from compare.cli import main

KERNELS = Path(__file__).parents[3] / "docs" / "examples"
SIMPLE = """
import torch

class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, d):
        return 2 * d[:16] if len(d) > 16 else 2 * d

inputs = (torch.ones(3, dtype=torch.float64),)
"""


def check(capsys, *arguments):
    status = main(["check", *map(str, arguments)])
    said = capsys.readouterr()
    return status, " ".join((said.out + said.err).split())


@pytest.mark.usefixtures("warm")
def test_a_pallas_kernel_right_and_wrong(capsys):
    file = KERNELS / "pallas_norm.py"
    assert check(capsys, f"{file}:norm", "--reference", "naive")[0] == 0
    status, said = check(capsys, f"{file}:without_path", "--reference", "naive")
    assert status == 1 and "x lacks the path through the mean square" in said


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed: pip install triton")
def test_a_triton_kernel_right_and_wrong(capsys):
    file = KERNELS / "triton_norm.py"
    status, said = check(capsys, f"{file}:Norm", "--reference", "naive")
    assert status == 0 and "cannot be seen" in said and "measured in bfloat16" in said
    assert check(capsys, f"{file}:Racing", "--reference", "naive")[0] == 0  # the interpreter cannot see it
    status, said = check(capsys, f"{file}:WithoutPath", "--reference", "naive")
    assert status == 1 and "x lacks the path through the mean square" in said


@pytest.mark.usefixtures("warm")
@pytest.mark.lines
def test_a_file_with_one_operation_needs_no_option_and_of_two_the_commands_are_told(capsys, tmp_path):
    file = tmp_path / "op.py"
    file.write_text(SIMPLE.replace("return 2 * d[:16] if len(d) > 16 else 2 * d", "return 3 * d"))
    status, said = check(capsys, file)
    assert status == 1 and "+ return 2 * d" in said
    assert check(capsys, f"{file}:Double")[0] == 1
    file.write_text(SIMPLE + SIMPLE.replace("Double", "Twice"))
    status, said = check(capsys, file)
    assert status == 2 and f"{file}:Double" in said and f"{file}:Twice" in said


@pytest.mark.usefixtures("warm")
def test_bad_calls_are_refused_in_a_line(capsys, tmp_path):
    file = tmp_path / "op.py"
    file.write_text(SIMPLE)
    assert check(capsys, f"{file}:Double", "--operation")[0] == 0
    for arguments, words in (
        ([f"{file}:Dubble", "--operation"], "did you mean 'Double'?"),
        ([f"{file}", "--operation"], "FILE:NAME names the operation"),
        ([f"{file}:Double", "--reference", "plain"], "--reference: there is no 'plain'"),
        ([f"{file}:Double", "--order", "3"], "order=3"),
        ([f"{file}:Double", "--operation", "--fix"], "leave out --certify"),
    ):
        status, said = check(capsys, *arguments)
        assert status == 2 and words in said and "Traceback" not in said, said
    file.write_text(SIMPLE.replace("inputs =", "given ="))
    status, said = check(capsys, f"{file}:Double", "--operation")
    assert status == 2 and "example() that returns them" in said


BESIDE = """
import numpy as np, torch

class Clip(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx, d):
        return d

class Other(Clip):
    pass

rng = np.random.default_rng(0)
W1, b1, X, y = rng.normal(size=3), 0.5, rng.normal(size=(5, 3)), rng.normal(size=5)


def backprop(W1, b1, X, y):
    e = X @ W1 + b1 - y
    return 0.5 * e @ e, X.T @ e, e.sum()
"""


@pytest.mark.usefixtures("warm")
def test_operations_beside_a_gradient_are_not_what_is_checked(capsys, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(BESIDE)
    status, said = check(capsys, file)
    assert status == 0 and said.startswith("RIGHT"), said


@pytest.mark.parametrize("example", ["    while True: pass", "    return 5.0"])
def test_an_example_without_an_end_or_of_no_inputs_is_one_line(example, capsys, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(SIMPLE.partition("inputs =")[0] + f"def example():\n{example}\n")
    status, said = check(capsys, file, "--timeout", "3")
    assert status == 2 and len(said) < 400, said
