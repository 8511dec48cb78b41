"""A check as a page: the diagnosis is its heading, and what came from a person is escaped."""

import numpy as np

from compare.checks.gradients import check_gradients
from compare.common.results import plain
from compare.report.html import render


def averaged(params, x, y):
    d = (x @ params["W"].T + params["b"] - y) / len(x)
    loss = 0.5 * len(x) * (d**2).sum()
    return loss, {"W": d.T @ x, "b": d.mean(axis=0)}


def test_the_page_of_a_wrong_bias_says_so_first():
    rng = np.random.default_rng(0)
    params = {"W": rng.standard_normal((2, 3)), "b": rng.standard_normal(2)}
    report = check_gradients(averaged, params, rng.standard_normal((5, 3)), rng.standard_normal((5, 2)))
    page = render(plain(report))
    assert "b is 1/5 of the right value in every entry" in page
    assert "Recognised: 3-2, identity, quadratic" in page


def test_names_from_a_persons_file_are_escaped():
    rng = np.random.default_rng(0)
    params = {"<script>W": rng.standard_normal((2, 3)), "b": rng.standard_normal(2)}

    def right(p, x, y):
        d = (x @ p["<script>W"].T + p["b"] - y) / len(x)
        return 0.5 * len(x) * (d**2).sum(), {"<script>W": d.T @ x, "b": d.sum(axis=0)}

    report = check_gradients(right, params, rng.standard_normal((5, 3)), rng.standard_normal((5, 2)))
    assert report.ok
    assert "<script>W" not in render(plain(report))


def test_code_in_a_sentence_is_set_as_code():
    rng = np.random.default_rng(0)
    params = {"W": rng.standard_normal((2, 3)), "b": rng.standard_normal(2)}
    about = {"taken": "Taken: loss `a < b`, gradients `dW`"}
    batch = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    page = render(plain(check_gradients(averaged, params, *batch, about=about)))
    assert "Taken: loss <code>a &lt; b</code>, gradients <code>dW</code>." in page and "`dW`" not in page
