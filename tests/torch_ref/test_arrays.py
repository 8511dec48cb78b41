"""torch_ref.from_numpy and to_numpy: copies, and refused where a digit would be lost."""

import numpy as np
import pytest
import torch

import torch_ref


def test_what_comes_in_is_a_copy_of_the_same_dtype():
    tree = {"W1": np.ones((2, 2), "float32"), "more": [np.arange(3), (np.zeros(1),)]}
    there = torch_ref.from_numpy(tree)
    tree["W1"][:] = 5
    assert there["W1"].sum() == 4
    there["more"][0][:] = 5
    assert tree["more"][0].tolist() == [0, 1, 2]
    assert there["W1"].dtype == torch.float32
    assert isinstance(there["more"][1], tuple)


def test_what_goes_out_is_a_copy():
    there = {"b1": torch.zeros(2)}
    torch_ref.to_numpy(there)["b1"][:] = 5
    assert not there["b1"].any()


def test_a_tensor_in_a_graph_comes_out_all_the_same():
    leaf = torch.ones(2, requires_grad=True)
    assert torch_ref.to_numpy([leaf * 2])[0].tolist() == [2, 2]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64", "uint8", "bool"])
def test_a_dtype_that_torch_has_goes_round_unchanged(dtype):
    array = np.array([0, 1, 1], dtype)
    back = torch_ref.to_numpy(torch_ref.from_numpy(array))
    assert back.dtype == dtype
    assert np.array_equal(back, array)


def test_arrays_that_torch_cannot_take_as_they_lie_are_copied():
    """Reversed, transposed and read-only arrays: torch.from_numpy alone refuses the first and warns of the last."""
    array = np.arange(6.0).reshape(2, 3)
    array.flags.writeable = False
    for view in (array[::-1], array.T, array):
        assert np.array_equal(torch_ref.to_numpy(torch_ref.from_numpy(view)), view)


def test_longdouble_is_refused():
    with pytest.raises(TypeError, match="without losing precision"):
        torch_ref.from_numpy({"W1": np.ones(2, "longdouble")})
