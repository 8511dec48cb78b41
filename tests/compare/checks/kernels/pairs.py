"""Forward and backward passes of small kernels, and backwards with one mistake, whose line ends in `# wrong`."""

import numpy as np

from . import entries, gated, gathered, normalised, objects, products

rng = np.random.default_rng(11)


def normal(*shape):
    return rng.standard_normal(shape)


X, LAYER = normal(5, 4), (normal(4, 3), normal(3))
GATES = (normal(5, 4), normal(4, 3), normal(4, 3))
CROSS = (normal(6, 4), np.array([0, 2, -1, 3, 1, -1]))
NORM = (normal(4, 6), 1 + 0.2 * normal(6))
LAYER_NORM = (normal(3, 4, 6), 1 + 0.2 * normal(6), normal(6))

# name: (forward, right backward, wrong backward, inputs)
PAIRS = {
    "log-softmax without its sum": (
        normalised.log_softmax,
        normalised.log_softmax_backward,
        normalised.log_softmax_without_sum,
        (normal(5, 4),),
    ),
    "softmax with temperature": (
        normalised.softmax_at,
        normalised.softmax_at_backward,
        normalised.softmax_at_times_temperature,
        (normal(5, 4), 1.7),
    ),
    "RMS norm without the mean term": (normalised.rms_norm, normalised.rms_norm_backward, normalised.rms_norm_without_mean_term, NORM),
    "RMS norm, wrong power": (normalised.rms_norm, normalised.rms_norm_backward, normalised.rms_norm_wrong_power, NORM),
    "layer norm over the wrong axis": (
        normalised.layer_norm,
        normalised.layer_norm_backward,
        normalised.layer_norm_over_the_wrong_axis,
        LAYER_NORM,
    ),
    "layer norm over all rows": (normalised.layer_norm, normalised.layer_norm_backward, normalised.layer_norm_over_all_rows, LAYER_NORM),
    "group norm, wrong groups": (
        normalised.group_norm,
        normalised.group_norm_backward,
        normalised.group_norm_wrong_groups,
        (normal(3, 6, 4), 1 + 0.2 * normal(6), 2),
    ),
    "scan loses its carry": (
        gated.scan,
        gated.scan_backward,
        gated.scan_loses_its_carry,
        (normal(10, 3), 0.5 + 0.1 * normal(3), normal(3)),
    ),
    "SwiGLU, wrong branch": (gated.swiglu, gated.swiglu_backward, gated.swiglu_wrong_branch, GATES),
    "GEGLU, weights swapped": (gated.geglu, gated.geglu_backward, gated.geglu_weights_swapped, GATES),
    "matmul, operands swapped": (
        products.linear,
        products.linear_backward,
        products.linear_operands_swapped,
        (normal(5, 4), normal(4, 3), normal(3)),
    ),
    "DoRA without its scale": (
        products.dora,
        products.dora_backward,
        products.dora_without_scale,
        (normal(5, 4), normal(4, 3), normal(2, 3), normal(4, 2), 1 + 0.2 * normal(3)),
    ),
    "attention without its scale": (
        products.attention,
        products.attention_backward,
        products.attention_without_scale,
        (normal(2, 3, 5), normal(2, 4, 5), normal(2, 4, 3)),
    ),
    "rotary, wrong sign": (entries.rotary, entries.rotary_backward, entries.rotary_wrong_sign, (normal(5, 6), normal(3))),
    "subtraction, sign lost": (
        entries.difference,
        entries.difference_backward,
        entries.difference_sign_lost,
        (normal(5, 4), normal(5, 4)),
    ),
    "exp of the wrong thing": (
        entries.gaussian,
        entries.gaussian_backward,
        entries.gaussian_exp_of_the_whole,
        (normal(5, 3), normal(5, 3), normal(5, 3)),
    ),
    "dropout mask not applied": (
        entries.dropout,
        entries.dropout_backward,
        entries.dropout_mask_not_applied,
        (normal(5, 4), rng.random((5, 4)) > 0.4, 0.4),
    ),
    "embedding, = for +=": (
        gathered.embedding,
        gathered.embedding_backward,
        gathered.embedding_overwrites,
        (normal(6, 3), np.array([[0, 2, 2], [5, 0, 1]])),
    ),
    "gather counts an entry once": (
        gathered.gather,
        gathered.gather_backward,
        gathered.gather_counts_once,
        (normal(4, 5), np.array([[0, 0, 3], [1, 2, 1], [4, 4, 4], [0, 1, 2]])),
    ),
    "cross-entropy counts ignored labels": (
        gathered.cross_entropy,
        gathered.cross_entropy_backward,
        gathered.cross_entropy_counts_ignored,
        CROSS,
    ),
    "cross-entropy, ignored labels not masked": (
        gathered.cross_entropy,
        gathered.cross_entropy_backward,
        gathered.cross_entropy_ignored_not_masked,
        CROSS,
    ),
    "conv bias over the wrong axes": (
        gathered.conv1d,
        gathered.conv1d_backward,
        gathered.conv1d_bias_over_wrong_axes,
        (normal(4, 2, 7), normal(3, 2, 3), normal(3)),
    ),
}
OBJECTS = {"bias averaged": objects.DenseAveraged, "slope forgotten": objects.DenseForgetsSlope}
