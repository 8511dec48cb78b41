"""Convolution, pooling, batch norm and dropout: what the backward pass loses or does twice."""

from dataclasses import replace

import numpy as np

from manual.layers import conv
from manual.layers.dropout import dropout_backward, dropout_mask

from ..mistake import mistake
from ..needs import all_of


def block(id, rule, *conditions):
    """A mistake in the convolutional blocks, the layers below the last."""
    return mistake(id, rule, "hidden", network="CNN", needs=all_of(*conditions))


def _maps(site):
    """Return {l: the net input of the convolution} for the mistake's layers."""
    trace = site.net.forward_pass(site.params, site.x)
    return {l: trace.a[f"conv{l}"] for l in site.layers}


def _several_values(site):
    """With one value a channel everything is 0; with two the gradient is 0 but for eps."""
    few = [l for l, conv in _maps(site).items() if len(site.x) * np.prod(conv.shape[2:]) < 3]
    reason = "has two values a channel or fewer: nothing comes back through batch norm"
    return f"layer {few[0]} {reason}" if few else None


@block("batchnorm-mean-path", "mean_path", _several_values)
def _(net, right, l, trace):
    """
    wrong: dconv{l} = (dhat{l} - hat{l} * (dhat{l} * hat{l}).mean(axes)) / sqrt(var{l} + eps)
    right: dconv{l} = (dhat{l} - dhat{l}.mean(axes) - hat{l} * (dhat{l} * hat{l}).mean(axes)) / sqrt(var{l} + eps)
    why: the mean that was subtracted depends on every value of the batch
    """
    return 0


@block("batchnorm-variance-path", "variance_path", _several_values)
def _(net, right, l, trace):
    """
    wrong: dconv{l} = (dhat{l} - dhat{l}.mean(axes)) / sqrt(var{l} + eps)
    right: dconv{l} = (dhat{l} - dhat{l}.mean(axes) - hat{l} * (dhat{l} * hat{l}).mean(axes)) / sqrt(var{l} + eps)
    why: the variance that was divided by depends on every value of the batch
    """
    return 0


@block("batchnorm-unbiased", "variance_path", _several_values)
def _(net, right, l, trace):
    """
    wrong: dconv{l} = (... - hat{l} * (dhat{l} * hat{l}).sum(axes) / (n - 1)) / sqrt(var{l} + eps)
    right: dconv{l} = (... - hat{l} * (dhat{l} * hat{l}).sum(axes) / n) / sqrt(var{l} + eps)
    why: the batch is normalised with the variance over n; n - 1 belongs to the running variance alone
    """
    n = trace.a[f"hat{l}"].size // trace.a[f"hat{l}"].shape[1]
    return right(l, trace) * (n / (n - 1))


def _not_the_first(site):
    return "layer 1 passes nothing down: the gradient of x is not needed" if min(site.layers) == 1 else None


def _wide_kernel(site):
    return "a kernel of one pixel is the same flipped" if site.net.kernel == 1 else None


@block("conv-kernel-flipped", "conv_input_gradient", _not_the_first, _wide_kernel)
def _(net, right, l, trace):
    """
    wrong: dpool{down} = the patches W{l}[:, :, ::-1, ::-1].T @ dconv{l}, added up
    right: dpool{down} = the patches W{l}.T @ dconv{l}, added up
    why: a kernel put down where it was read needs no flip; as a convolution of dconv{l} it needs one, not none
    """
    cols, W, biased, windows = trace.kept[f"conv{l}"]
    return conv.conv2d_input_gradient(trace.delta[f"conv{l}"], (cols, W[:, :, ::-1, ::-1], biased, windows))


@block("conv-kernel-flipped:weight", "conv_weight_gradient", _wide_kernel)
def _(net, right, l, trace):
    """
    wrong: dW{l} = (dconv{l} @ cols{l}.T)[:, :, ::-1, ::-1]
    right: dW{l} = dconv{l} @ cols{l}.T
    why: forward, W{l} was laid on x without a flip (a cross-correlation), so its gradient is not flipped either
    """
    return right(l, trace)[:, :, ::-1, ::-1]


def _one_position(site, reason):
    one = [l for l, conv in _maps(site).items() if max(conv.shape[2:]) == 1]
    return f"layer {one[0]} has one position: {reason}" if one else None


def _strides(site):
    one = "the stride is 1" if site.net.stride == 1 else None
    return one or _one_position(site, "it has no next one to step to")


@block("conv-stride-ignored", "conv_input_gradient", _not_the_first, _strides)
def _(net, right, l, trace):
    """
    wrong: the patch of dconv{l}[i, j] goes to dpool{down}[i:i+k, j:j+k]
    right: the patch of dconv{l}[i, j] goes to dpool{down}[s*i:s*i+k, s*j:s*j+k], s the stride
    why: it goes back to where it was read
    """
    *cached, windows = trace.kept[f"conv{l}"]
    return conv.conv2d_input_gradient(trace.delta[f"conv{l}"], (*cached, replace(windows, stride=(1, 1))))


@block("conv-stride-ignored:weight", "conv_weight_gradient", _strides)
def _(net, right, l, trace):
    """
    wrong: dW{l} = sum of dconv{l}[i, j] * pool{down}[i:i+k, j:j+k]
    right: dW{l} = sum of dconv{l}[i, j] * pool{down}[s*i:s*i+k, s*j:s*j+k], s the stride
    why: W{l} met the patch s*i, s*j, not i, j
    """
    _, W, biased, windows = trace.kept[f"conv{l}"]
    windows = replace(windows, stride=(1, 1))
    cols = conv.im2col(trace.a[f"pool{l - 1}"] if l > 1 else trace.x, windows)
    return conv.conv2d_weight_gradient(trace.delta[f"conv{l}"], (cols, W, biased, windows))


def _overlapping(site):
    if site.net.stride >= site.net.kernel:
        return "the patches do not overlap: the stride is the kernel's size or more"
    return _one_position(site, "there is nothing to overlap with")


@block("conv-overlap-overwritten", "conv_input_gradient", _not_the_first, _overlapping)
def _(net, right, l, trace):
    """
    wrong: dpool{down}[patch of i, j] = W{l}.T @ dconv{l}[i, j]
    right: dpool{down}[patch of i, j] += W{l}.T @ dconv{l}[i, j]
    why: a pixel lies in several patches and gets something from each
    """
    _, W, _, windows = trace.kept[f"conv{l}"]
    patches = np.tensordot(W, trace.delta[f"conv{l}"], (0, 1))  # (C, KH, KW, N, OH, OW)
    dx = np.zeros_like(patches, shape=(len(patches), len(trace.delta[f"conv{l}"]), *windows.padded))
    for u, v in windows.offsets:
        dx[windows.at(u, v)] = patches[:, u, v]
    return dx[windows.inside].transpose(1, 0, 2, 3)


def _tied(site):
    if site.net.pool != "max" or site.net.window == 1:
        return "no window has a maximum to share"
    trace = site.net.forward_pass(site.params, site.x)
    for l in site.layers:
        # Where all of a window is 0 the relu's derivative is 0 as well, and nothing comes of it.
        values, out, windows = trace.kept[f"pool{l}"]
        if (sum(values[windows.at(u, v)] == out for u, v in windows.offsets)[out > 0] > 1).any():
            return None
    return f"layer {max(site.layers)} has no window with two maxima above 0"


@block("pool-ties-to-all", "pool_gradient", _tied)
def _(net, right, l, trace):
    """
    wrong: drelu{l} = dpool{l} * (relu{l} == pool{l}), window by window
    right: drelu{l} = dpool{l} at the first maximum of each window, 0 elsewhere
    why: equal pixels (of an image's empty border) would each get all of it; together they may get it once
    """
    values, out, windows = trace.kept[f"pool{l}"]
    dx = np.zeros_like(values)
    for u, v in windows.offsets:
        dx[windows.at(u, v)] += (values[windows.at(u, v)] == out) * trace.delta[f"pool{l}"]
    return dx


@block("missing-activation-derivative:relu", "relu_gradient")
def _(net, right, l, trace):
    """
    wrong: dnorm{l} = drelu{l}
    right: dnorm{l} = drelu{l} * (norm{l} > 0)
    why: the backward pass cuts off what the forward pass cut off
    """
    return trace.delta[f"relu{l}"]


def _drops(site):
    return None if site.net.dropout else "nothing is dropped: dropout is 0"


@mistake("dropout-mask-redrawn", "dropout_gradient", "whole", network="CNN", needs=_drops)
def _(net, right, trace):
    """
    wrong: mask = rng.random(shape) >= rate, again, and dfeatures * mask / (1 - rate)
    right: dfeatures * mask / (1 - rate), with the mask of the forward pass
    why: another draw lets the gradient through where nothing came from
    """
    mask, scale = trace.kept["dropout"]
    rng = np.random.default_rng(net.mask_seed)
    dropout_mask(rng, mask.shape, net.dropout)
    return dropout_backward(trace.delta["features"], (dropout_mask(rng, mask.shape, net.dropout), scale))[0]


@mistake("dropout-not-inverted", "dropout_gradient", "whole", network="CNN", needs=_drops)
def _(net, right, trace):
    """
    wrong: dfeatures * mask
    right: dfeatures * mask / (1 - rate)
    why: forward, what was kept was divided by 1 - rate
    """
    return trace.delta["features"] * trace.kept["dropout"][0]
