"""The recurrent networks in the catalogue: three names of one class."""

import numpy as np
import pytest

from compare import networks
from compare.common.errors import UserError
from compare.networks import data
from compare.networks.data import Dataset


def test_the_name_decides_the_cell():
    for cell in ("rnn", "lstm", "gru"):
        net = networks.network(cell, hidden=5)
        assert net.describe() == f"{cell}, 8 steps of 8, hidden 5, 10 classes"
        for who in ("hand", "torch", "jax"):
            built = net.build(who)
            assert (built.cell, built.hidden) == (cell, 5)
            assert networks.named(built).name == cell
    with pytest.raises(UserError, match="lstm has the cell lstm; for another: --network gru"):
        networks.network("lstm", cell="gru")


def test_digits_are_read_row_by_row():
    dataset = data.load("digits")
    params, x, y = networks.check_inputs(networks.network("gru"), dataset, batch=4)
    assert x.shape == (4, 8 * 8)
    assert params["b_hn"].any()
    assert y.shape == (4,)


def test_a_column_more_is_taken_for_lengths():
    def of_width(width):
        x = np.ones((3, width))
        return Dataset("drawn", x, np.arange(3), x, np.arange(3))

    net = networks.network("rnn", inputs=2, steps=3, classes=3)
    networks.require_fit(net, of_width(6))
    networks.require_fit(net, of_width(7))
    with pytest.raises(UserError, match="rnn takes 6 numbers a sample, drawn has 8"):
        networks.require_fit(net, of_width(8))


def test_operations_are_counted_as_on_paper():
    # Batch 5, 3 steps of 2, hidden 4, an lstm's 16 rows: x: 2*5*2*16 for z and dW each, h: 2*5*4*16 for z, dW and
    # the carry, all three times; logits, dW_out and the carry from them: 2*5*4*6 each.
    net = networks.network("lstm", inputs=2, hidden=4, classes=6, steps=3)
    assert net.kind.product_flops(net.fields, 5) == 3 * (2 * 320 + 3 * 640) + 3 * 240
