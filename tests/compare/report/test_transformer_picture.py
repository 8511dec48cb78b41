"""A transformer's picture has its attention, its two residual connections and its sizes."""

import re

import pytest

from compare.networks import network
from compare.report.pictures.network import network as drawn
from compare.report.pictures.transformer import transformer


@pytest.mark.parametrize("variant", ["gpt2", "modern"])
def test_the_catalogues_words_are_drawn(variant):
    net = network("transformer", layers=3, heads=4, variant=variant)
    picture = drawn(net.describe())
    text = picture.svg()
    assert text.count("residual") == 2 and "× 3" in text
    assert re.search(r"attention: 4 × softmax\(Q Kᵀ / √8\) V", text)
    assert "in each of 3 layers" in picture.description


def test_another_network_is_none_of_it():
    assert transformer("64-30-10, sigmoid, softmax, cross_entropy") is None
