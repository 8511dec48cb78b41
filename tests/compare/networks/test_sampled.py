"""A large network is recognised by a few of its samples; its loss on the whole batch decides."""

from dataclasses import replace

import numpy as np
import pytest

import manual
from compare.networks.draws import suited_draw
from compare.networks.recognise import recognise
from compare.networks.sampled import LARGE, recognise_by_few

NET = manual.MLP((300, 300, 20), ("tanh", "softmax"), l2=0.0125)
SAMPLES = 256
LOSSES = {
    "a mean": (1.0, 1.0),
    "a sum": (SAMPLES, 1.0),
    "a sum, its penalty without the factor": (SAMPLES, 1 / SAMPLES),
    "half of a mean": (0.5, 1.0),
}


def drawn(net=NET, samples=SAMPLES):
    return suited_draw(net, samples, np.random.default_rng(3), "float64")


def found(loss_of, d, here=None):
    """loss_of(x, y, flat) -> the loss; also return how many samples each call had."""
    rows = []

    def loss_on(x, y):
        def loss(flat):
            rows.append(len(x))
            return loss_of(x, y, flat)

        return loss

    return recognise_by_few(loss_on, d.params, d.x, d.y, here=here), rows


@pytest.mark.parametrize("words", LOSSES)
def test_it_is_what_the_whole_batch_shows(words):
    scale, penalty = LOSSES[words]
    d = drawn()
    net = replace(NET, l2=NET.l2 * penalty)

    def loss(x, y, flat):
        data = replace(net, l2=0.0).loss(flat, x, y)
        by = scale if scale <= 1 else len(x)
        return by * data + scale * (net.loss(flat, d.x, d.y) - replace(net, l2=0.0).loss(flat, d.x, d.y))

    mine, rows = found(loss, d)
    whole = recognise(lambda flat: loss(d.x, d.y, flat), d.params, d.x, d.y)
    assert mine.net == whole.net and mine.convention() == whole.convention() and mine.batch == SAMPLES
    assert np.isclose(mine.scale, whole.scale, rtol=1e-12)
    assert np.array_equal(mine.x, whole.x) and np.array_equal(mine.y, whole.y)
    assert sorted(rows)[-2:] == [16, SAMPLES]


def test_a_number_of_samples_from_outside_is_told_from_a_mean():
    d = drawn()
    mine, _ = found(lambda x, y, flat: NET.loss(flat, x, y) * len(x) / SAMPLES, d)
    assert mine.convention() is None
    # The penalty shrinks with the few samples as well.
    assert np.isclose(mine.net.l2, NET.l2, rtol=1e-9)


def test_a_loss_that_is_another_on_the_whole_batch_is_none():
    d = drawn()
    assert found(lambda x, y, flat: NET.loss(flat, x, y) * (1.1 if len(x) == SAMPLES else 1), d)[0] is None


def test_a_loss_known_at_the_parameters_is_not_computed_again():
    d = drawn()
    assert max(found(lambda x, y, flat: NET.loss(flat, x, y), d, NET.loss(d.params, d.x, d.y))[1]) == 16


def test_code_that_is_written_for_its_samples_is_left_to_the_whole_batch():
    d = drawn()

    def loss(x, y, flat):
        return NET.loss(flat, x + np.zeros((SAMPLES, 1)), y)

    assert found(loss, d)[0] is None


def test_of_a_small_batch_or_a_small_network_all_is_used():
    small = manual.MLP((3, 4, 3), ("tanh", "softmax"))
    assert found(lambda x, y, flat: small.loss(flat, x, y), drawn(small)) == (None, [])
    few = drawn(NET, 40)
    assert 40 * sum(a.size for a in few.params.values()) < LARGE
    assert found(lambda x, y, flat: NET.loss(flat, x, y), few) == (None, [])
