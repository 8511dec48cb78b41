"""A contender that cannot run here is absent, with what would change it; the others go on."""

import pytest

from compare import networks
from compare.networks import data
from compare.timing import process
from compare.timing.task import Task

CORES = process.cores(1)


def started(name, folder, device="cpu"):
    net = networks.network()
    params, x, y = networks.check_inputs(net, data.load(), 8, dtype="float32")
    Task(net, params, x, y, device=device, epoch=3).save(folder, "task")
    with process.TimedChild(folder, process.child_environment(1, "float32", folder), CORES) as child:
        return child.request("start", contender=name)


@pytest.mark.parametrize(("framework", "name"), [("torch", "torch"), ("jax", "jax.jit")])
def test_a_framework_that_is_not_installed_is_absent_with_how_to_install_it(
    framework, name, tmp_path, monkeypatch
):
    (tmp_path / f"{framework}.py").write_text(f"raise ImportError(\"No module named '{framework}'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert f"pip install {framework}" in started(name, tmp_path)["absent"]


def test_torch_compile_without_a_compiler_is_absent(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setenv("CXX", str(tmp_path / "no-such-compiler"))
    assert "needs a C++ compiler" in started("torch.compile", tmp_path)["absent"]


@pytest.mark.parametrize(
    ("name", "said"), [("numpy", "no GPU"), ("torch", "GPU"), ("torch.cudagraph", "GPU")]
)
def test_without_a_gpu_the_device_is_said_to_be_absent(name, said, tmp_path):
    if name != "numpy":
        torch = pytest.importorskip("torch")
        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
    assert said in started(name, tmp_path, device="cuda")["absent"]


def test_ctrl_c_ends_the_children_at_once(tmp_path):
    variables = process.child_environment(1, "float32", tmp_path)
    with pytest.raises(KeyboardInterrupt), process.TimedChild(tmp_path, variables, CORES) as child:
        raise KeyboardInterrupt
    assert child.process.poll() is not None
