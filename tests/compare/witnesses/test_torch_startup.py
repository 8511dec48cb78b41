"""What a check with torch imports."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CHECK = """
import sys
import numpy as np
import manual
from compare.checks.gradients import check_gradients

net, rng = manual.MLP((3, 4, 2)), np.random.default_rng(0)
params = net.init(rng)
x, y = rng.random((5, 3)), rng.integers(0, 2, 5)
assert check_gradients(net, params, x, y, network=net, witnesses=("torch",)).ok
print("torch._dynamo" in sys.modules)
"""


def test_a_check_with_torch_does_not_import_its_compiler():
    done = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "False"
