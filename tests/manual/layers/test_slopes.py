"""Every layer's backward in manual alone, against differences of its forward along random directions."""

import numpy as np
import pytest

from manual.layers import (
    attention,
    batch_norm,
    cells,
    conv,
    dropout,
    embedding,
    feedforward,
    layernorm,
    pool,
    rotary,
)
from tests.manual.slopes import assert_slopes

RNG = np.random.default_rng(4)
X = RNG.standard_normal((3, 2, 5, 6))
TOKENS = RNG.standard_normal((2, 4, 6))
IDS = np.array([[0, 2, 2], [1, 0, 2]])


def arrays(*shapes):
    return [RNG.standard_normal(shape) for shape in shapes]


H = 3
STATE = {
    "rnn": (cells.rnn_cell, cells.rnn_cell_backward, arrays((4, 2), (4, H), (H, 2), (H, H), (H,))),
    "lstm": (
        cells.lstm_cell, cells.lstm_cell_backward, arrays((4, 2), (4, H), (4, H), (4 * H, 2), (4 * H, H), (4 * H,)),
    ),
    "gru": (
        cells.gru_cell, cells.gru_cell_backward, arrays((4, 2), (4, H), (3 * H, 2), (3 * H, H), (3 * H,), (H,)),
    ),
}  # fmt: skip
LAYERS = {
    **STATE,
    "scores": (attention.scores, attention.scores_backward, arrays((2, 4, 3), (2, 5, 3))),
    "weights": (attention.weights, attention.weights_backward, arrays((2, 4, 4))),
    "mixture": (attention.mixture, attention.mixture_backward, arrays((2, 4, 5), (2, 5, 3))),
    "attention": (attention.attention, attention.attention_backward, arrays((2, 4, 3), (2, 4, 3), (2, 4, 3))),
    "batch norm": (batch_norm.batch_norm, batch_norm.batch_norm_backward, [X, *arrays(2, 2)]),
    "batch norm, running": (
        lambda x, g, b: batch_norm.batch_norm_inference(x, g, b, np.array([0.3, -0.2]), np.array([1.5, 0.7])),
        batch_norm.batch_norm_inference_backward,
        [X, *arrays(2, 2)],
    ),
    "conv": (
        lambda x, W, b: conv.conv2d(x, W, b, stride=2, padding=1),
        conv.conv2d_backward,
        [X, *arrays((3, 2, 3, 2), 3)],
    ),
    "dropout": (
        lambda x: dropout.dropout(x, RNG_MASK, rate=0.3),
        lambda g, c: dropout.dropout_backward(g, c)[0],
        [X],
    ),
    "embedding": (lambda E: embedding.embedding(IDS, E), embedding.embedding_backward, arrays((4, 5))),
    "unembedding": (embedding.unembedding, embedding.unembedding_backward, [TOKENS, *arrays((7, 6))]),
    "linear": (feedforward.linear, feedforward.linear_backward, [TOKENS, *arrays((5, 6), 5)]),
    "linear, no bias": (feedforward.linear, feedforward.linear_backward, [TOKENS, *arrays((5, 6))]),
    "feed forward": (
        feedforward.feed_forward,
        feedforward.feed_forward_backward,
        [TOKENS, *arrays((8, 6), 8, (6, 8), 6)],
    ),
    "swiglu": (feedforward.swiglu, feedforward.swiglu_backward, [TOKENS, *arrays((2, 4, 6))]),
    "layer norm": (layernorm.layer_norm, layernorm.layer_norm_backward, [TOKENS, *arrays(6, 6)]),
    "rms norm": (layernorm.rms_norm, layernorm.rms_norm_backward, [TOKENS, *arrays(6)]),
    "max pool": (lambda x: pool.max_pool2d(x, window=2, stride=1), pool.max_pool2d_backward, [X]),
    "avg pool": (lambda x: pool.avg_pool2d(x, window=(2, 3)), pool.avg_pool2d_backward, [X]),
    "rotary": (rotary.rotary, rotary.rotary_backward, arrays((2, 4, 6))),
}
RNG_MASK = dropout.dropout_mask(np.random.default_rng(1), X.shape, 0.3)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_passes_back_the_slopes_of_its_output(name):
    forward, backward, inputs = LAYERS[name]
    outputs, cache = forward(*inputs)
    several = isinstance(outputs, tuple)
    rng = np.random.default_rng(2)
    cotangents = [rng.standard_normal(o.shape) for o in (outputs if several else (outputs,))]
    found = backward(tuple(cotangents) if several else cotangents[0], cache)
    found = found if isinstance(found, tuple) else (found,)
    assert len(found) == len(inputs)

    def loss(at):
        out = forward(*at.values())[0]
        return sum((o * c).sum() for o, c in zip(out if several else (out,), cotangents, strict=True))

    named = dict(enumerate(inputs))
    assert_slopes(loss, named, dict(enumerate(found)))
