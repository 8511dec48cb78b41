"""Small functions of arrays give what NumPy's give, and do not import numpy.ma."""

import subprocess
import sys

import numpy as np
import pytest

from compare.common.arrays import distinct, middle


@pytest.mark.parametrize("size", [0, 1, 2, 7, 100])
def test_distinct_entries_and_the_median_are_numpys(size):
    rng = np.random.default_rng(size)
    whole = rng.integers(-3, 5, (size, 2))
    assert distinct(whole) == np.unique(whole).tolist()
    array = rng.normal(size=size)
    if size:
        assert middle(array) == pytest.approx(np.median(array), rel=1e-15)
    else:
        assert np.isnan(middle(array))


def test_a_check_does_not_import_numpy_ma():
    code = (
        "import sys, numpy as np\n"
        "before = 'numpy.ma' in sys.modules  # NumPy 1 imports it itself\n"
        "from compare.checks.gradients import check_gradients\n"
        "f = lambda p, x, y: (((x @ p['w'] - y) ** 2).sum(), {'w': FACTOR * x.T @ (x @ p['w'] - y)})\n"
        "rng = np.random.default_rng(0)\n"
        "report = check_gradients(f, {'w': rng.normal(size=3)}, rng.normal(size=(5, 3)), rng.normal(size=5))\n"
        "print(report.exit_code, ('numpy.ma' in sys.modules) is not before)\n"
    )
    for factor, said in (("2", "0 False"), ("1", "1 False")):
        run = [sys.executable, "-c", code.replace("FACTOR", factor)]
        assert subprocess.run(run, capture_output=True, text=True).stdout.strip() == said
