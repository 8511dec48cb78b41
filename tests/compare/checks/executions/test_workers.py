"""A user's own worker: what each process of a distributed program does, judged in each process."""

import pytest

pytest.importorskip("torch")

from compare.checks.executions.run import Run
from compare.checks.executions.subject import named_rule, of_trio
from compare.checks.executions.workers import ways
from compare.files.trio import read

FILE = """
import numpy as np, torch
import torch.distributed as dist

rng = np.random.default_rng(0)
params = {"W": rng.normal(size=(5, 3)), "b": rng.normal(size=3)}
x, y = rng.normal(size=(11, 5)), rng.integers(0, 3, 11)


def torch_loss(params, x, y):
    return torch.nn.functional.cross_entropy(x @ params["W"] + params["b"], y)


def torch_worker(params, x, y, rank, world):
    mine, targets = torch.tensor_split(x, world)[rank], torch.tensor_split(y, world)[rank]
    leaves = {n: p.detach().clone().requires_grad_() for n, p in params.items()}
    loss = torch_loss(leaves, mine, targets) * SHARE
    grads = torch.autograd.grad(loss, list(leaves.values()))
    loss = loss.detach()
    for a in (loss, *grads):
        REDUCE
    return loss, dict(zip(leaves, grads))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "reduce", "said"),
    [
        ("len(mine) / len(x)", "dist.all_reduce(a)", []),
        ("1 / world", "dist.all_reduce(a)", ["averaged as if they were of one size"]),
        ("len(mine) / len(x)", "dist.reduce(a, 0)", ["Process 1 has other gradients than process 0"]),
    ],
)
def test_the_users_worker_is_judged_in_each_process(tmp_path, monkeypatch, share, reduce, said):
    file = tmp_path / "mine.py"
    file.write_text(FILE.replace("SHARE", share).replace("REDUCE", reduce))
    monkeypatch.setattr(ways, "ENGINES", {"torch.gloo": ways.ENGINES["torch.gloo"]})
    subject = of_trio(read(file), named_rule(None, None, False), 32, 0, "float32")
    rows = [r for r in ways.shared(Run(subject, "eager"), [2]) if "torch_worker" in r.name]
    assert rows and all(r.absent is None for r in rows)
    wrong = [r.fault.sentence for r in rows if not r.ok]
    assert len(wrong) == len(said) and all(w in s for w, s in zip(said, wrong, strict=True))
