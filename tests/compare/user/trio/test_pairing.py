"""Arrays of two versions paired by name, order and shape."""

import numpy as np
import pytest

from compare.common.errors import UserError
from compare.user.trio.pairing import pairings, words


def first(common, there, **options):
    return next(pairings(common, there, "jax", **options))


def names(paired):
    return {n: pair.name for n, pair in paired.items()}


def test_equal_names_pair():
    shapes = {"W1": (4, 3), "b1": (4,)}
    paired = first(shapes, shapes)
    assert names(paired) == {"W1": "W1", "b1": "b1"} and words(paired) == []


def test_a_linear_layer_of_torch_is_the_transposed_kernel_of_flax():
    paired = first({"fc.weight": (4, 3), "fc.bias": (4,)}, {"Dense_0.bias": (4,), "Dense_0.kernel": (3, 4)})
    assert words(paired) == ["fc.weight is Dense_0.kernel, transposed", "fc.bias is Dense_0.bias"]


def test_a_convolution_is_turned_from_oihw_to_hwio():
    pair = first({"conv.weight": (8, 3, 5, 5)}, {"conv.kernel": (5, 5, 3, 8)})["conv.weight"]
    array = np.arange(8 * 3 * 25.0).reshape(8, 3, 5, 5)
    assert np.array_equal(pair.out(array, np.transpose), array.transpose(2, 3, 1, 0))


def test_layers_of_one_shape_pair_by_their_numbers_whatever_their_order():
    common = {f"blocks.{i}.up.weight": (6, 6) for i in range(12)}
    there = {f"blocks.{i}.up.kernel": (6, 6) for i in (0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9)}
    assert names(first(common, there)) == {n: n.replace("weight", "kernel") for n in common}


def test_square_kernels_are_turned_as_the_others_of_their_kind():
    common = {"a.weight": (6, 6), "b.weight": (4, 6), "e.weight": (9, 6)}
    there = {"a.kernel": (6, 6), "b.kernel": (6, 4), "e.embedding": (9, 6)}
    paired = first(common, there)
    assert paired["a.weight"].turned and paired["b.weight"].turned and not paired["e.weight"].turned


def test_square_kernels_alone_are_tried_either_way():
    both = list(pairings({"a.weight": (6, 6)}, {"a.kernel": (6, 6)}, "jax"))
    assert [p["a.weight"].turned for p in both] == [False, True]


def test_given_names_come_first():
    shapes = {"u": (3,), "v": (3,)}
    assert names(first(shapes, {"p": (3,), "q": (3,)}, names={"u": "q"})) == {"u": "q", "v": "p"}


@pytest.mark.parametrize(
    "common, there, options, said",
    [
        ({"W": (4, 3)}, {"V": (5, 3)}, {}, "no array of jax pairs with W"),
        ({"W": (4, 3)}, {"V": (4, 3), "b": (4,)}, {}, "do not pair"),
        ({"W": (4, 3)}, {"V": (4, 3)}, {"names": {"W": "U"}}, "is no pair of"),
    ],
)
def test_what_does_not_pair_is_said(common, there, options, said):
    with pytest.raises(UserError, match=said):
        first(common, there, **options)


def test_a_residual_networks_second_convolution_is_not_the_first_of_the_next_block():
    common = {f"block{b}.conv{c}.weight": (4, 4, 3, 3) for b in (1, 2) for c in (1, 2)}
    there = {f"block{b}.conv{c}.kernel": (3, 3, 4, 4) for b in (1, 2) for c in (1, 2)}
    assert names(first(common, there)) == {n: n.replace("weight", "kernel") for n in common}
