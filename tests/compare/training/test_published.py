import numpy as np
import pytest

from compare.common.errors import UserError
from compare.common.results import plain
from compare.networks.data import Dataset
from compare.report import door
from compare.training import config as configs
from compare.training.published import problem_of, read_curve, train_config


@pytest.fixture(scope="module")
def micrograd():
    return train_config(configs.read("micrograd"))


def test_all_three_meet_every_loss_that_micrograd_printed(micrograd):
    published = read_curve("micrograd_moons.csv")
    assert len(published["loss"]) == 100
    for contender in micrograd.contenders:
        np.testing.assert_allclose(contender.loss, published["loss"], rtol=0, atol=1e-12)


def test_every_accuracy_is_the_published_one(micrograd):
    held = micrograd.published["held"]
    assert {one["accuracies_equal"] for one in held.values()} == {100}
    assert set(held) == {"hand", "torch", "jax"}


def test_micrograds_network_has_its_337_parameters(micrograd):
    assert sum(np.asarray(p).size for p in micrograd.contenders[0].final.values()) == 337


def test_the_text_compares_with_the_published_figures(micrograd):
    told = door.text(plain(micrograd))
    assert "100 of 100 accuracies equal" in told
    assert max(map(len, told.splitlines())) <= 100


def like_mnist(samples):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 1, (samples, 784)), rng.integers(0, 10, samples)
    return Dataset("like mnist", x, y, x[:50], y[:50])


@pytest.mark.parametrize("name", configs.names())
def test_every_run_that_comes_with_the_project_is_readable(name):
    config = configs.read(name)
    assert config.title and config.source
    assert config.initial(0, "float64").keys() == {
        f"{kind}{l}" for l in range(1, len(config.net.fields["sizes"])) for kind in "Wb"
    }


def test_an_epoch_of_a_run_is_all_its_training_samples():
    given, epoch = problem_of(configs.read("nielsen-quadratic"), like_mnist(200), seed=0)
    assert (epoch, given.steps) == (20, 30 * 20)
    assert sorted(given.order[:epoch].ravel()) == list(range(200))


def test_nielsens_cross_entropy_is_this_one_times_the_ten_outputs():
    """Nielsen's cost sums over outputs, this one takes their mean: scaled rate and lambda make the steps equal."""
    config = configs.read("nielsen-cross-entropy")
    given, _ = problem_of(config, like_mnist(100), seed=0)
    net, rule = config.net.build("hand"), config.rule.build("hand")
    x, y = given.batch(0)
    params, _ = rule.update(given.params, net.loss_and_grads(given.params, x, y)[1], rule.init(given.params))
    p = net.backward_pass(net.forward_pass(given.params, x), y)
    delta = p.a[2] - y  # his delta^L, one row a sample
    W = (1 - 0.1 * 5.0 / 50000) * given.params["W2"] - 0.1 / len(x) * delta.T @ p.a[1]
    np.testing.assert_allclose(params["W2"], W, rtol=1e-12)
    np.testing.assert_allclose(
        params["b2"], given.params["b2"] - 0.1 / len(x) * delta.sum(axis=0), rtol=1e-12
    )


BASE = """
[network]
sizes = [64, 10]
activations = ["softmax"]
[training]
steps = 3
"""


def refusal(tmp_path, said):
    path = tmp_path / "mine.toml"
    path.write_text(said)
    with pytest.raises(UserError) as refused:
        configs.read(str(path))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_file_of_ones_own_is_read(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(BASE)
    assert configs.read(str(path)).steps == 3


def test_what_is_unusable_in_a_file_is_said_in_one_line(tmp_path):
    assert "did you mean 'optimizer'" in refusal(tmp_path, BASE + "[optimiser]\nname = 'sgd'\n")
    assert "did you mean 'batch'" in refusal(tmp_path, BASE + "bach = 3\n")
    assert "whole number" in refusal(tmp_path, BASE + "batch = 0\n")
    assert "steps or epochs" in refusal(tmp_path, BASE + "epochs = 3\n")
    assert "did you mean 'adam'" in refusal(tmp_path, BASE + "[optimizer]\nname = 'adm'\n")
    assert "a number is needed" in refusal(tmp_path, BASE + "[optimizer]\nrate = '1'\n")
    assert "not TOML" in refusal(tmp_path, "[network")
    assert "scale" in refusal(tmp_path, BASE + "[data]\nscale = nan\n")


def test_an_unknown_run_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="did you mean 'micrograd'"):
        configs.read("microgad")


def test_a_run_on_mnist_asks_for_the_data():
    with pytest.raises(UserError, match="--data"):
        train_config(configs.read("nielsen-quadratic"))
