"""manual.from_numpy and to_numpy: copies, whatever the nesting."""

import numpy as np

import manual


def test_what_comes_in_is_a_copy_of_the_same_dtype():
    tree = {"W1": np.ones((2, 2), "float32"), "more": [np.arange(3), (np.zeros(1),)]}
    there = manual.from_numpy(tree)
    there["W1"][:] = 5
    there["more"][0][:] = 5
    assert tree["W1"].sum() == 4
    assert tree["more"][0].tolist() == [0, 1, 2]
    assert there["W1"].dtype == "float32"
    assert isinstance(there["more"][1], tuple)


def test_what_goes_out_is_a_copy():
    there = {"b1": np.zeros(2)}
    manual.to_numpy(there)["b1"][:] = 5
    assert not there["b1"].any()


def test_every_real_dtype_goes_round_unchanged():
    for dtype in ("float16", "float32", "float64", "longdouble", "int32", "int64", "bool"):
        assert manual.to_numpy(manual.from_numpy(np.ones(2, dtype))).dtype == dtype
