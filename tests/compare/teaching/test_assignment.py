"""The teacher's file: whatever is missing or wrong in it is reported in a line, before anything is graded."""

import pytest

from compare.common.errors import UserError
from compare.files.starters import text
from compare.teaching.assignment import read

STARTER = text("assignment")


def written(folder, source):
    file = folder / "assignment.py"
    file.write_text(source)
    return file


def test_the_starter_is_an_assignment(tmp_path):
    assignment = read(written(tmp_path, STARTER))
    assert assignment.arrays == ("W1", "b1", "W2", "b2")
    assert (assignment.of, assignment.timeout, assignment.memory, assignment.reveal) == (10, 10, 1, "hint")
    assert [case.seed for case in assignment.cases] == [11, 23, 47]
    assert assignment.warnings == []


def test_fixed_arrays_do_instead_of_seeds(tmp_path):
    source = STARTER.replace("seeds = (11, 23, 47)", "") + "\nparams, x, y = example(3)\ndel example\n"
    (case,) = read(written(tmp_path, source)).cases
    assert case.seed is None and case.x.shape == (6, 5)


def test_points_are_one_each_by_default(tmp_path):
    source = STARTER + "\ndel points\n"
    assert read(written(tmp_path, source)).points == {"W1": 1, "b1": 1, "W2": 1, "b2": 1}


def test_one_number_is_for_all_of_it(tmp_path):
    assert read(written(tmp_path, STARTER + "\npoints = 4\n")).points == {"all": 4}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("network = None", "has no reference: give network"),
        ("network = 3", "network is int; a network of manual is needed"),
        (
            "network = MLP(sizes=(9, 4, 3), activations=('tanh', 'softmax'), criterion='cross_entropy')",
            "do not fit",
        ),
        ("seeds = ()", "example.seed. and no seeds"),
        ("del example", "no example.seed., and no params and no x and no y"),
        ("def example(seed):\n    return 3", "returned int"),
        (
            "def example(seed):\n    return 1 / 0",
            r"the assignment raised ZeroDivisionError.*assignment.py, line \d+",
        ),
        (
            "right = example\ndef example(seed):\n    p, x, y = right(seed)\n    return p, x, None",
            "x or y is None",
        ),
        (
            "right = example\ndef example(seed):\n    p, x, y = right(seed)\n    return p, x / 0, y",
            "nan or inf",
        ),
        ("points = {'W3': 1}", "points for 'W3': known: W1"),
        ("points = {'W1': -1}", "points for W1 -1: a finite number"),
        ("points = 'ten'", "points 'ten': a finite number"),
        ("timeout = 0", "timeout 0: a number from 0.01 to 1e6"),
        ("memory = 'all'", "memory 'all': a number from 0.01 to 1e6"),
        ("reveal = 'hints'", "did you mean 'hint'"),
        ("1 / 0", "raised ZeroDivisionError"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_wrong_is_reported_in_a_line(more, said, tmp_path):
    with pytest.raises(UserError, match=said) as raised:
        read(written(tmp_path, f"{STARTER}\n{more}\n"))
    assert "\n" not in str(raised.value)


def test_inputs_that_hide_a_mistake_are_a_warning(tmp_path):
    source = STARTER.replace("rng.normal(size=4) / 2", "np.zeros(4)").replace(
        "rng.normal(size=3) / 2", "np.zeros(3)"
    )
    assert any("all biases are 0" in warning for warning in read(written(tmp_path, source)).warnings)


def test_weights_of_any_layout_are_understood(tmp_path):
    source = STARTER.replace("size=(4, 5)", "size=(5, 4)").replace("size=(3, 4)", "size=(4, 3)")
    assert read(written(tmp_path, source)).warnings == []
