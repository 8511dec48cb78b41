"""Mistakes in a transformer: norms, embedding, attention, and whatever is used more than once."""

from functools import partial

import numpy as np

from manual.layers import attention

from ..mistake import mistake

transformer = partial(mistake, network="Transformer")


def _several_places(site):
    one = site.x.shape[1] < 2
    return "one place: it can only look at itself, and the scores have no gradient" if one else None


def _layer_norm(site):
    return "RMS norm has no mean" if site.net.modern else None


def _scaled(site):
    one = site.net.width == site.net.heads
    return "one feature a head: 1/sqrt(d) is 1" if one else _several_places(site)


def _repeated(site):
    return "no token occurs twice" if len(np.unique(site.x)) == site.x.size else None


@transformer("layernorm-wrong-axis", "norm_backward", "whole")
def _(net, right, name, dout, trace):
    """
    wrong: dx = (g - x_hat * (g * x_hat).mean(axis=0) ...) / sigma
    right: dx = (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True) ...) / sigma
    why: a layer norm brings each row to one scale by itself: its means go over the features, not over the batch
    """
    x_hat, rsigma, gamma = trace.kept[f"norm{name}"]
    g = dout * gamma
    mean = 0 if net.modern else g.mean(axis=0)
    dx = (g - mean - x_hat * (g * x_hat).mean(axis=0)) * rsigma
    return dx, *right(name, dout, trace)[1:]


@transformer("layernorm-mean-path", "norm_backward", "whole", needs=_layer_norm)
def _(net, right, name, dout, trace):
    """
    wrong: dx = (g - x_hat * (g * x_hat).mean(-1)) / sigma
    right: dx = (g - g.mean(-1) - x_hat * (g * x_hat).mean(-1)) / sigma
    why: the mean that is taken off depends on x too
    """
    dx, *affine = right(name, dout, trace)
    _, rsigma, gamma = trace.kept[f"norm{name}"]
    return dx + (dout * gamma).mean(axis=-1, keepdims=True) * rsigma, *affine


@transformer("embedding-assigned", "embedding_gradient", "whole", needs=_repeated)
def _(net, right, trace):
    """
    wrong: dE[ids] = dx
    right: np.add.at(dE, ids, dx)
    why: a token that occurs twice has two terms; an assignment keeps the last one alone
    """
    dE = np.zeros_like(trace.params["E"])
    # The last place of each token, found explicitly: NumPy leaves open which assignment wins.
    backwards = trace.x.reshape(-1)[::-1]
    tokens, first = np.unique(backwards, return_index=True)
    dE[tokens] = trace.delta["x0"].reshape(-1, net.width)[::-1][first]
    return dE


@transformer("attention-scale-missing", "scores_backward", "every", needs=_scaled)
def _(net, right, l, trace):
    """
    wrong: dq = dS @ k; dk = dS.T @ q
    right: dq = dS @ k / sqrt(d); dk = dS.T @ q / sqrt(d)
    why: S = q @ k.T / sqrt(d), so 1/sqrt(d) is a factor of both derivatives
    """
    dq, dk = right(l, trace)
    lost = np.sqrt(net.width // net.heads).astype(dq.dtype)
    return dq * lost, dk * lost


@transformer("attention-qk-swapped", "scores_backward", "every", needs=_several_places)
def _(net, right, l, trace):
    """
    wrong: dq = dS.T @ q / sqrt(d); dk = dS @ k / sqrt(d)
    right: dq = dS @ k / sqrt(d); dk = dS.T @ q / sqrt(d)
    why: S[i, j] = q[i] . k[j]: the derivative by q is made of k, and the reverse; their shapes are the same
    """
    dq, dk = right(l, trace)
    return dk, dq


@transformer("attention-mask-missing", "weights_backward", "every", needs=_several_places)
def _(net, right, l, trace):
    """
    wrong: A = softmax(S); dS = A * (dA - (dA * A).sum(-1))
    right: A = softmax(where(past, S, -inf)); dS = A * (dA - (dA * A).sum(-1))
    why: recomputed in the backward pass, the weights need the mask of the forward pass; no position sees its future
    """
    q, k, scale = trace.kept[f"scores{l}"]
    A, _ = attention.weights((q @ k.swapaxes(-1, -2)) * scale, causal=False)
    return attention.weights_backward(trace.delta[f"weights{l}"], A)


@transformer("weight-tying-halved", "tied_gradient", "whole")
def _(net, right, as_head, as_embedding):
    """
    wrong: dE = dlogits.T @ n
    right: dE = dlogits.T @ n, plus the gradient of the embedding
    why: E is used at both ends, as embedding and as head; both contributions add up
    """
    return as_head


@transformer("weight-tying-halved:embedding", "tied_gradient", "whole")
def _(net, right, as_head, as_embedding):
    """
    wrong: dE = the gradient of the embedding
    right: dE = the gradient of the embedding, plus dlogits.T @ n
    why: E is used at both ends, as embedding and as head; both contributions add up
    """
    return as_embedding


@transformer("assigned-not-accumulated:residual", "residual", "whole")
def _(net, right, skip, branch):
    """
    wrong: dx = backward of f(norm(x))
    right: dx = dout + backward of f(norm(x))
    why: in x + f(norm(x)) x is used twice, in the sum itself and in the branch
    """
    return branch


@transformer("assigned-not-accumulated:qkv", "shared_input", "whole")
def _(net, right, *terms):
    """
    wrong: dn = dq @ W_q; dn = dk @ W_k; dn = dv @ W_v
    right: dn = dq @ W_q; dn += dk @ W_k; dn += dv @ W_v
    why: q, k and v are made of the same n; of assignments the last one alone is left
    """
    return terms[-1]
