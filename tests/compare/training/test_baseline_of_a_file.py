"""A baseline of a user's network: by its loss, over the versions that are there."""

import numpy as np
import pytest

from compare.common.errors import UserError
from compare.common.results import plain
from compare.report import door, methods
from compare.training import config as configs
from compare.training.baseline import baseline_of
from compare.user.trio.trio import Trio

TOML = """
[network]
file = "mine.py"
[optimizer]
name = "momentum"
rate = 0.05
[training]
epochs = 3
batch = 8
"""


def hand(params, x, y):
    error = x @ params["W"].T - y
    return (error**2).mean(), {"W": 2 * error.T @ x / error.size}


def trio(**given):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    data = {"params": {"W": rng.normal(size=(2, 4))}, "batch": (x, x[:, :2] + 0.1), **given}
    return Trio(hand=hand, name="mine.py", **data)


def config(tmp_path, text=TOML):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


def test_the_best_epoch_and_the_test_are_by_the_loss(tmp_path):
    out = str(tmp_path / "out")
    result = baseline_of(trio(), config(tmp_path), 2, None, out)
    assert result.ok and result.measure == "test loss"
    run = result.runs[0]
    losses = [epoch["validation_loss"] for epoch in run["epochs"]]
    assert run["best_epoch"] == int(np.argmin(losses)) and run["test_accuracy"] is None
    assert run["test_loss"] == pytest.approx(result.summary[0]["mean"], rel=0.5)
    again = baseline_of(trio(), config(tmp_path), 2, None, out)
    assert [r["test_loss"] for r in again.runs] == [r["test_loss"] for r in result.runs]
    said = door.text(plain(result))
    assert "test loss hand" in said and "scikit-learn is absent" in said
    paragraph = methods.paragraph(plain(result))
    assert "a hand-written backward pass" in paragraph and "torch.autograd" not in paragraph
    assert "lowest validation" in " ".join(paragraph.split())


def test_a_file_is_found_beside_its_config(tmp_path):
    assert configs.file_of(config(tmp_path)) == tmp_path / "mine.py"
    assert configs.file_of("digits") is None


@pytest.mark.parametrize(
    ("text", "given", "said"),
    [
        (TOML.replace('"mine.py"', '"mine.py"\nsizes = [4, 2]'), {}, "leave out sizes"),
        (TOML, {"batch": lambda rng: (rng.normal(size=(8, 4)), rng.normal(size=(8, 2)))}, "not batch"),
        (TOML.replace("epochs", "steps"), {}, "counts steps"),
    ],
)
def test_settings_that_do_not_fit_a_file_are_refused(tmp_path, text, given, said):
    with pytest.raises(UserError, match=said):
        baseline_of(trio(**given), config(tmp_path, text), 1, None, str(tmp_path / "out"))


def test_what_takes_built_in_networks_only_says_so(tmp_path):
    with pytest.raises(UserError, match="threeways baseline takes it"):
        configs.read(config(tmp_path))
