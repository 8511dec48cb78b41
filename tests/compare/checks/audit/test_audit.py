"""A vacuous test, one with too large a tolerance and a good one are told apart; no file is changed; runs go on."""

import importlib.util
import json

import pytest

from compare.checks.audit import runs
from compare.cli import main

LAYERS = """\
def affine_backward(dout, x, W):
    return dout @ W, dout.T @ x


def tanh_backward(dout, a):
    return dout * (1 - a ** 2)


def loss_grad(a, y):
    return 2 * (a - y) / len(a)


def untested_backward(dout):
    return dout
"""
TESTS = """\
import numpy as np

from layers import affine_backward, loss_grad, tanh_backward

RNG = np.random.default_rng(0)


def numerical(f, x, h=1e-6):
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = h
        grad[i] = (f(x + e) - f(x - e)) / (2 * h)
    return grad


def test_affine():
    x, W, dout = RNG.normal(size=(5, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(5, 4))
    dx, dW = affine_backward(dout, x, W)
    assert np.allclose(dx, numerical(lambda x: np.sum(dout * (x @ W.T)), x))
    assert np.allclose(dW, numerical(lambda W: np.sum(dout * (x @ W.T)), W))


def test_tanh_runs():
    a = np.tanh(np.linspace(-1, 1, 6))
    da = tanh_backward(np.ones(6), a)
    assert da.shape == a.shape


def test_loss():
    a, y = RNG.normal(size=(40, 2)), RNG.normal(size=(40, 2))
    right = numerical(lambda a: np.sum((a - y) ** 2) / len(a), a)
    assert np.allclose(loss_grad(a, y), right, atol=0.5)
"""


@pytest.fixture(scope="module", autouse=True)
def few_plugins():
    """Let the audited tests start without the plugins of this environment, which take half of their time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setenv("PYTEST_PLUGINS", "xdist.plugin" if importlib.util.find_spec("xdist") else "")
        yield


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    (folder / "tests").mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "layers.py").write_text(LAYERS)
    (folder / "tests" / "test_layers.py").write_text(TESTS)
    return folder


@pytest.fixture(scope="module")
def audited(project, tmp_path_factory):
    """The audit's exit status and its JSON, with every finished edit kept."""
    out = tmp_path_factory.mktemp("audit")
    options = ["--many", "2", "--jobs", "2", "--keep", str(out / "kept"), "--json", str(out / "audit.json")]
    status = main(["audit", str(project / "tests"), *options, "--html", str(out / "audit.html")])
    return status, json.loads((out / "audit.json").read_text()), out


@pytest.mark.slow
def test_vacuous_and_loose_tests_are_told_from_a_good_one(audited):
    status, data, _ = audited
    assert status == 1
    by_function = {f["function"]: f for f in data["functions"]}
    assert by_function["affine_backward"]["survived"] == 0
    assert by_function["tanh_backward"]["survived"] == by_function["tanh_backward"]["wrong"] > 0
    causes = {r["function"]: r["blind"] for r in data["rows"] if r["outcome"] == "survived"}
    assert causes["tanh_backward"]["cause"] == "weak"
    assert causes["tanh_backward"]["text"] == "assert da.shape == a.shape"
    assert causes["loss_grad"]["cause"] == "tolerance"
    assert causes["loss_grad"]["why"].startswith("atol 0.5 hides")
    assert causes["loss_grad"]["line"] == 33
    blind = [t["test"].partition("::")[2] for t in data["tests"] if not t["noticed"]]
    assert "test_tanh_runs" in blind and "test_affine" not in blind
    assert data["untested"] == ["layers.py:untested_backward"]


@pytest.mark.slow
def test_the_error_of_a_survivor_is_that_of_the_gradient(audited):
    _, data, _ = audited
    zeroed = [r for r in data["rows"] if r["kind"] == "zero" and r["outcome"] == "survived"]
    assert zeroed and all(abs(r["error"] - 1) < 1e-12 for r in zeroed)


@pytest.mark.slow
def test_no_file_of_the_project_is_changed(audited, project):
    assert (project / "layers.py").read_text() == LAYERS
    assert (project / "tests" / "test_layers.py").read_text() == TESTS
    assert sorted(p.name for p in project.iterdir()) == ["layers.py", "pyproject.toml", "tests"]


@pytest.mark.slow
def test_an_audit_that_was_ended_goes_on(audited, project, monkeypatch, tmp_path):
    _, before, out = audited
    kept = sorted((out / "kept").iterdir())
    kept[0].unlink()
    (out / "kept" / ".left.json.999999999-0.tmp").touch()  # of a process that was killed
    calls = []
    run = runs.Runner.run

    def counted(self, *arguments, **options):
        calls.append(options)
        return run(self, *arguments, **options)

    monkeypatch.setattr(runs.Runner, "run", counted)
    json_file = tmp_path / "again.json"
    options = ["--many", "2", "--keep", str(out / "kept"), "--json", str(json_file)]
    main(["audit", str(project / "tests"), *options])
    assert len(calls) in (2, 3, 4)  # the tests as they are, the missing edit, and two more if it survives
    after = json.loads(json_file.read_text())
    assert after["counts"] == before["counts"]
    assert sorted(p.name for p in (out / "kept").iterdir()) == [p.name for p in kept]


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["no/such/tests"], "there are no tests at no/such/tests"),
        (["{tests}", "--functions", "layers"], "it has no ':'"),
        (["{tests}", "--functions", "absent:backward"], "there is no module 'absent'"),
        (["{tests}", "--functions", "layers:tanh_backwards"], "did you mean 'tanh_backward'?"),
        (["{tests}", "--many", "0"], "--many"),
    ],
)
def test_bad_input_is_one_line(project, capsys, arguments, says):
    assert main(["audit", *(a.format(tests=project / "tests") for a in arguments)]) == 2
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1


def test_tests_that_fail_as_they_are_are_refused(tmp_path, capsys):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert 1 == 2\n")
    assert main(["audit", str(tmp_path / "test_it.py")]) == 2
    assert "test_it.py::test_it failed before any edit" in capsys.readouterr().err
