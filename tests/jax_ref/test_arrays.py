"""jax_ref.from_numpy and to_numpy: copies, and refused where a digit would be lost."""

import jax
import numpy as np
import pytest

import jax_ref


def test_what_comes_in_is_a_copy_of_the_same_dtype():
    tree = {
        "W1": np.ones((2, 2), "float32"),
        "more": [np.arange(3, dtype="int32"), (np.zeros(1, "float32"),)],
    }
    there = jax_ref.from_numpy(tree)
    tree["W1"][:] = 5
    assert there["W1"].sum() == 4
    assert there["W1"].dtype == "float32"
    assert isinstance(there["more"][1], tuple)


def test_a_later_write_never_shows_through():
    """jax may share the memory of large aligned arrays: many sizes, since it depends on where they lie."""
    for size in range(1, 2000, 37):
        array = np.zeros(size, "float32")
        there = jax_ref.from_numpy(array)
        array[:] = 1
        assert not np.asarray(there).any()


def test_what_goes_out_is_a_copy_that_can_be_written_to():
    there = jax_ref.from_numpy({"b1": np.zeros(2, "float32")})
    jax_ref.to_numpy(there)["b1"][:] = 5
    assert not there["b1"].any()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64", "uint8", "bool"])
def test_with_64_bits_every_dtype_goes_round_unchanged(dtype):
    array = np.array([0, 1, 1], dtype)
    with jax.enable_x64(True):
        back = jax_ref.to_numpy(jax_ref.from_numpy(array))
    assert back.dtype == dtype
    assert np.array_equal(back, array)


def test_float64_is_refused_where_jax_would_round_it():
    with pytest.raises(TypeError, match=r"float64 into float32; wrap the call in jax\.enable_x64\(True\)"):
        jax_ref.from_numpy({"W1": np.ones(2)})


def test_longdouble_is_refused_everywhere():
    for bits in (False, True):
        with jax.enable_x64(bits), pytest.raises(TypeError):
            jax_ref.from_numpy(np.ones(2, "longdouble"))


def test_labels_may_become_int32_but_only_if_they_fit():
    assert jax_ref.from_numpy(np.array([0, 9])).tolist() == [0, 9]
    with pytest.raises(TypeError, match="int64 into int32"):
        jax_ref.from_numpy(np.array([0, 2**40]))


def test_from_numpy_does_not_open_64_bits_itself():
    before = jax.config.jax_enable_x64
    jax_ref.from_numpy(np.ones(2, "float32"))
    assert jax.config.jax_enable_x64 == before
