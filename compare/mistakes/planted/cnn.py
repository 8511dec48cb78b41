"""Convolution, pooling, batch norm and dropout: what is lost or done twice on the way back."""

from dataclasses import replace

import numpy as np

from manual.layers import conv
from manual.layers.dropout import dropout_backward, dropout_mask

from .. import needs
from ..mistake import mistake


def _block(*conditions, **options):
    """Options of a mistake in the convolutional blocks, the layers below the last."""
    return {"where": "hidden", "network": "CNN", "needs": needs.all_of(*conditions), **options}


def _several_values(net, params, x, y, layers):
    """Of one value a channel everything comes out 0, of two the way back is 0 but for eps."""
    few = [l for l in layers if len(x) * np.prod(_maps(net, x, params)[l].shape[2:]) < 3]
    return (
        f"layer {few[0]} has two values a channel or fewer: nothing comes back through batch norm"
        if few
        else None
    )


def _maps(net, x, params):
    """Return {l: conv_l} of the forward pass."""
    trace = net.forward_pass(params, x)
    return {l: trace.a[f"conv{l}"] for l in range(1, net.depth)}


@mistake("batchnorm-mean-path", "mean_path", **_block(_several_values))
def mean_path_dropped(Net, at):
    """
    wrong: dconv{l} = (dhat{l} - hat{l} * (dhat{l} * hat{l}).mean(axes)) / sqrt(var{l} + eps)
    right: dconv{l} = (dhat{l} - dhat{l}.mean(axes) - hat{l} * (dhat{l} * hat{l}).mean(axes)) / sqrt(var{l} + eps)
    why: the mean that was subtracted depends on every value of the batch
    """

    class Planted(Net):
        def mean_path(self, l, p):
            return 0 if l in at else super().mean_path(l, p)

    return Planted


@mistake("batchnorm-variance-path", "variance_path", **_block(_several_values))
def variance_path_dropped(Net, at):
    """
    wrong: dconv{l} = (dhat{l} - dhat{l}.mean(axes)) / sqrt(var{l} + eps)
    right: dconv{l} = (dhat{l} - dhat{l}.mean(axes) - hat{l} * (dhat{l} * hat{l}).mean(axes)) / sqrt(var{l} + eps)
    why: the variance that was divided by depends on every value of the batch
    """

    class Planted(Net):
        def variance_path(self, l, p):
            return 0 if l in at else super().variance_path(l, p)

    return Planted


@mistake("batchnorm-unbiased", "variance_path", **_block(_several_values))
def unbiased(Net, at):
    """
    wrong: dconv{l} = (... - hat{l} * (dhat{l} * hat{l}).sum(axes) / (n - 1)) / sqrt(var{l} + eps)
    right: dconv{l} = (... - hat{l} * (dhat{l} * hat{l}).sum(axes) / n) / sqrt(var{l} + eps)
    why: the batch is normalised with the variance over n; n - 1 belongs to the running variance alone
    """

    class Planted(Net):
        def variance_path(self, l, p):
            n = p.a[f"hat{l}"].size // p.a[f"hat{l}"].shape[1]
            return super().variance_path(l, p) * (n / (n - 1) if l in at else 1)

    return Planted


def _hands_down(net, params, x, y, layers):
    return "layer 1 hands nothing down: nobody asks for the gradient of x" if min(layers) == 1 else None


def _wide_kernel(net, params, x, y, layers):
    return "a kernel of one pixel is the same flipped" if net.kernel == 1 else None


@mistake("conv-kernel-flipped", "conv_input_gradient", **_block(_hands_down, _wide_kernel))
def kernel_flipped(Net, at):
    """
    wrong: dpool{down} = the patches W{l}[:, :, ::-1, ::-1].T @ dconv{l}, added up
    right: dpool{down} = the patches W{l}.T @ dconv{l}, added up
    why: a kernel put down where it was read needs no flip; as a convolution of dconv{l} it needs one, not none
    """

    class Planted(Net):
        def conv_input_gradient(self, l, p):
            if l not in at:
                return super().conv_input_gradient(l, p)
            cols, W, biased, windows = p.kept[f"conv{l}"]
            return conv.conv2d_input_gradient(
                p.delta[f"conv{l}"], (cols, W[:, :, ::-1, ::-1], biased, windows)
            )

    return Planted


@mistake("conv-kernel-flipped:weight", "conv_weight_gradient", **_block(_wide_kernel))
def weight_gradient_flipped(Net, at):
    """
    wrong: dW{l} = (dconv{l} @ cols{l}.T)[:, :, ::-1, ::-1]
    right: dW{l} = dconv{l} @ cols{l}.T
    why: forward, W{l} was laid on x without a flip (a cross-correlation), so its gradient is not flipped either
    """

    class Planted(Net):
        def conv_weight_gradient(self, l, p):
            right = super().conv_weight_gradient(l, p)
            return right[:, :, ::-1, ::-1] if l in at else right

    return Planted


def _strides(net, params, x, y, layers):
    if net.stride == 1:
        return "the stride is 1"
    one = [l for l in layers if max(_maps(net, x, params)[l].shape[2:]) == 1]
    return f"layer {one[0]} has one position: it has no next one to step to" if one else None


@mistake("conv-stride-ignored", "conv_input_gradient", **_block(_hands_down, _strides))
def stride_ignored(Net, at):
    """
    wrong: the patch of dconv{l}[i, j] goes to dpool{down}[i:i+k, j:j+k]
    right: the patch of dconv{l}[i, j] goes to dpool{down}[s*i:s*i+k, s*j:s*j+k], s the stride
    why: it goes back to where it was read
    """

    class Planted(Net):
        def conv_input_gradient(self, l, p):
            if l not in at:
                return super().conv_input_gradient(l, p)
            *cached, windows = p.kept[f"conv{l}"]
            return conv.conv2d_input_gradient(p.delta[f"conv{l}"], (*cached, replace(windows, stride=(1, 1))))

    return Planted


@mistake("conv-stride-ignored:weight", "conv_weight_gradient", **_block(_strides))
def stride_ignored_in_weight(Net, at):
    """
    wrong: dW{l} = sum of dconv{l}[i, j] * pool{down}[i:i+k, j:j+k]
    right: dW{l} = sum of dconv{l}[i, j] * pool{down}[s*i:s*i+k, s*j:s*j+k], s the stride
    why: W{l} met the patch s*i, s*j, not i, j
    """

    class Planted(Net):
        def conv_weight_gradient(self, l, p):
            if l not in at:
                return super().conv_weight_gradient(l, p)
            _, W, biased, windows = p.kept[f"conv{l}"]
            windows = replace(windows, stride=(1, 1))
            cols = conv.im2col(p.a[f"pool{l - 1}"] if l > 1 else p.x, windows)
            return conv.conv2d_weight_gradient(p.delta[f"conv{l}"], (cols, W, biased, windows))

    return Planted


def _overlapping(net, params, x, y, layers):
    if net.stride >= net.kernel:
        return "the patches do not overlap: the stride is the kernel's size or more"
    one = [l for l in layers if max(_maps(net, x, params)[l].shape[2:]) == 1]
    return f"layer {one[0]} has one position: there is nothing to overlap with" if one else None


@mistake("conv-overlap-overwritten", "conv_input_gradient", **_block(_hands_down, _overlapping))
def overlap_overwritten(Net, at):
    """
    wrong: dpool{down}[patch of i, j] = W{l}.T @ dconv{l}[i, j]
    right: dpool{down}[patch of i, j] += W{l}.T @ dconv{l}[i, j]
    why: a pixel lies in several patches and gets something from each
    """

    class Planted(Net):
        def conv_input_gradient(self, l, p):
            if l not in at:
                return super().conv_input_gradient(l, p)
            _, W, _, windows = p.kept[f"conv{l}"]
            patches = np.tensordot(W, p.delta[f"conv{l}"], (0, 1))  # (C, KH, KW, N, OH, OW)
            dx = np.zeros_like(patches, shape=(len(patches), len(p.delta[f"conv{l}"]), *windows.padded))
            for u, v in windows.offsets:
                dx[windows.at(u, v)] = patches[:, u, v]
            return dx[windows.inside].transpose(1, 0, 2, 3)

    return Planted


def _tied(net, params, x, y, layers):
    if net.pool != "max" or net.window == 1:
        return "no window has a maximum to share"
    p = net.forward_pass(params, x)
    for l in layers:
        # Where all of a window is 0 the relu's derivative is 0 as well, and nothing comes of it.
        values, out, windows = p.kept[f"pool{l}"]
        if (sum(values[windows.at(u, v)] == out for u, v in windows.offsets)[out > 0] > 1).any():
            return None
    return f"layer {max(layers)} has no window with two maxima above 0"


@mistake("pool-ties-to-all", "pool_gradient", **_block(_tied))
def ties_to_all(Net, at):
    """
    wrong: drelu{l} = dpool{l} * (relu{l} == pool{l}), window by window
    right: drelu{l} = dpool{l} at the first maximum of each window, 0 elsewhere
    why: equal pixels (of an image's empty border) would each get all of it; together they may get it once
    """

    class Planted(Net):
        def pool_gradient(self, l, p):
            if l not in at:
                return super().pool_gradient(l, p)
            values, out, windows = p.kept[f"pool{l}"]
            dx = np.zeros_like(values)
            for u, v in windows.offsets:
                dx[windows.at(u, v)] += (values[windows.at(u, v)] == out) * p.delta[f"pool{l}"]
            return dx

    return Planted


@mistake("missing-activation-derivative:relu", "relu_gradient", **_block())
def relu_mask_missing(Net, at):
    """
    wrong: dnorm{l} = drelu{l}
    right: dnorm{l} = drelu{l} * (norm{l} > 0)
    why: what was cut off on the way forward is cut off on the way back
    """

    class Planted(Net):
        def relu_gradient(self, l, p):
            return p.delta[f"relu{l}"] if l in at else super().relu_gradient(l, p)

    return Planted


def _drops(net, params, x, y, layers):
    return None if net.dropout else "nothing is dropped: dropout is 0"


@mistake("dropout-mask-redrawn", "dropout_gradient", "whole", network="CNN", needs=_drops)
def mask_redrawn(Net, at):
    """
    wrong: mask = rng.random(shape) >= rate, again, and dfeatures * mask / (1 - rate)
    right: dfeatures * mask / (1 - rate), with the mask of the forward pass
    why: another draw lets the gradient through where nothing came from
    """

    class Planted(Net):
        def dropout_gradient(self, p):
            mask, scale = p.kept["dropout"]
            rng = np.random.default_rng(self.mask_seed)
            dropout_mask(rng, mask.shape, self.dropout)
            return dropout_backward(
                p.delta["features"], (dropout_mask(rng, mask.shape, self.dropout), scale)
            )[0]

    return Planted


@mistake("dropout-not-inverted", "dropout_gradient", "whole", network="CNN", needs=_drops)
def not_inverted(Net, at):
    """
    wrong: dfeatures * mask
    right: dfeatures * mask / (1 - rate)
    why: forward, what was kept was divided by 1 - rate
    """

    class Planted(Net):
        def dropout_gradient(self, p):
            return p.delta["features"] * p.kept["dropout"][0]

    return Planted
