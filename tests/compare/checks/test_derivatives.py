"""threeways derive FILE: the derivative by each line of two functions of the bench, right and with a mistake."""

import numpy as np
import pytest

from compare.checks.bench.lines.bench import Written
from compare.checks.bench.lines.corpus import functions
from compare.checks.derivatives import derivatives
from compare.common.errors import UserError
from compare.common.results import plain
from compare.report import door
from compare.report.html import render

SIAMESE, RMSNORM = (functions()[name].source for name in ("siamese", "rmsnorm"))


def derived(source):
    with Written(source) as module:
        return derivatives(module.backward, module.params, module.x, module.y), module


def lines(found):
    """{name: (state, lines of the backward pass)}"""
    return {v.name: (v.state, [line.line for line in v.by]) for v in found.values}


def test_each_value_of_the_forward_pass_has_the_line_of_its_derivative():
    found, _ = derived(SIAMESE)
    assert found.ok and found.exit_code == 0
    said = lines(found)
    assert said["h"] == ("right", [14]) and said["x @ p['W1'] + p['b1']"] == ("right", [14])
    assert said["diff"] == ("right", [29]) and said["dist"] == ("right", [28])
    assert said["slack"] == ("unknown", [])  # no line computes it
    assert said["W1"] == ("right", [33])


def test_a_loop_gives_one_value_with_the_norm_of_all_its_times():
    found, module = derived(RMSNORM)
    e = next(v for v in found.values if v.name == "e")
    assert (e.times, e.computed, e.shape) == (5, 5, (3,))
    # L = sum over t of |e_t|^2 / 2 T: dL/de_t = e_t / T, and o enters every v_t: dL/do is the sum of all dL/dv_t.
    assert e.norm**2 == pytest.approx(2 * found.loss / 5, rel=1e-12)
    o = next(v for v in found.values if v.name == "o")
    _, grads = module.backward(module.params, module.x, module.y)
    assert o.norm == pytest.approx(np.linalg.norm(grads["o"]), rel=1e-12)


def test_a_mistake_shows_at_its_line_and_what_comes_of_it_is_told_apart():
    found, _ = derived(SIAMESE.replace("(1 - h ** 2)", "(1 + h ** 2)"))
    assert not found.ok and found.exit_code == 1
    said = lines(found)
    assert said["x @ p['W1'] + p['b1']"] == ("wrong", [14])
    assert (
        said["W1"] == ("inherited", [33]) and said["W2"] == ("right", [33]) and said["h"] == ("right", [14])
    )
    assert [line["line"] for each in found.wrong for line in each["lines"]] == [14]


def test_text_and_page_have_the_lines_and_the_page_escapes_them():
    found, _ = derived(
        SIAMESE.replace("slack = np.maximum(margin - dist, 0)", "slack = (margin - dist) * (dist < margin)")
    )
    data = plain(found)
    said = door.text(data)
    assert said.startswith("RIGHT") and "23: diff" in said and "29: ddiff" in said
    assert max(map(len, said.splitlines())) <= 100
    page = render(data)
    assert "(dist &lt; margin)" in page and "(dist < margin)" not in page and page.count("<path ") > 5


def test_a_function_that_cannot_be_followed_is_refused_with_the_reason():
    def backward(params, x):
        import struct

        z = x @ params["w"]
        numbers = struct.unpack(f"{z.size}d", z.tobytes())
        return sum(v * v for v in numbers), {"w": 2 * x.T @ z}

    with pytest.raises(UserError, match="cannot be followed"):
        derivatives(backward, {"w": np.ones(2)}, np.ones((3, 2)))
