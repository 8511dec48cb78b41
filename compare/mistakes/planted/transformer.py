"""What goes wrong in a transformer: norms, embedding, attention, and whatever is used more than once."""

from functools import partial

import numpy as np

from manual.layers import attention

from ..mistake import mistake

transformer = partial(mistake, network="Transformer")


def _places(net, params, x, y, layers):
    return (
        "one place: it can only look at itself, and the scores have no gradient" if x.shape[1] < 2 else None
    )


def _layer_norm(net, params, x, y, layers):
    return "RMS norm has no mean" if net.modern else None


def _scaled(net, params, x, y, layers):
    one = net.width == net.heads
    return "one feature a head: 1/sqrt(d) is 1" if one else _places(net, params, x, y, layers)


def _repeated(net, params, x, y, layers):
    return "no token occurs twice" if len(np.unique(x)) == x.size else None


@transformer("layernorm-wrong-axis", "norm_backward", "whole")
def layernorm_wrong_axis(Net, at):
    """
    wrong: dx = (g - x_hat * (g * x_hat).mean(axis=0) ...) / sigma
    right: dx = (g - x_hat * (g * x_hat).mean(axis=-1, keepdims=True) ...) / sigma
    why: a layer norm brings each row to one scale by itself: its means go over the features, not over the batch
    """

    class Planted(Net):
        def norm_backward(self, name, dout, p):
            x_hat, rsigma, gamma = p.kept[f"norm{name}"]
            g = dout * gamma
            mean = 0 if self.modern else g.mean(axis=0)
            dx = (g - mean - x_hat * (g * x_hat).mean(axis=0)) * rsigma
            return dx, *super().norm_backward(name, dout, p)[1:]

    return Planted


@transformer("layernorm-mean-path", "norm_backward", "whole", needs=_layer_norm)
def layernorm_mean_path(Net, at):
    """
    wrong: dx = (g - x_hat * (g * x_hat).mean(-1)) / sigma
    right: dx = (g - g.mean(-1) - x_hat * (g * x_hat).mean(-1)) / sigma
    why: the mean that is taken off depends on x too
    """

    class Planted(Net):
        def norm_backward(self, name, dout, p):
            dx, *affine = super().norm_backward(name, dout, p)
            _, rsigma, gamma = p.kept[f"norm{name}"]
            return dx + (dout * gamma).mean(axis=-1, keepdims=True) * rsigma, *affine

    return Planted


@transformer("embedding-assigned", "embedding_gradient", "whole", needs=_repeated)
def embedding_assigned(Net, at):
    """
    wrong: dE[ids] = dx
    right: np.add.at(dE, ids, dx)
    why: a token that occurs twice has two terms; an assignment keeps the last one alone
    """

    class Planted(Net):
        def embedding_gradient(self, p):
            dE = np.zeros_like(p.params["E"])
            # The last place of each token, said in so many words: NumPy leaves open which assignment wins.
            backwards = p.x.reshape(-1)[::-1]
            tokens, first = np.unique(backwards, return_index=True)
            dE[tokens] = p.delta["x0"].reshape(-1, self.width)[::-1][first]
            return dE

    return Planted


@transformer("attention-scale-missing", "scores_backward", "every", needs=_scaled)
def attention_scale_missing(Net, at):
    """
    wrong: dq = dS @ k; dk = dS.T @ q
    right: dq = dS @ k / sqrt(d); dk = dS.T @ q / sqrt(d)
    why: S = q @ k.T / sqrt(d), so 1/sqrt(d) stands in both derivatives
    """

    class Planted(Net):
        def scores_backward(self, l, p):
            dq, dk = super().scores_backward(l, p)
            lost = np.sqrt(self.width // self.heads).astype(dq.dtype) if l in at else 1
            return dq * lost, dk * lost

    return Planted


@transformer("attention-qk-swapped", "scores_backward", "every", needs=_places)
def attention_qk_swapped(Net, at):
    """
    wrong: dq = dS.T @ q / sqrt(d); dk = dS @ k / sqrt(d)
    right: dq = dS @ k / sqrt(d); dk = dS.T @ q / sqrt(d)
    why: S[i, j] = q[i] . k[j]: the derivative by q is made of k, and the reverse; their shapes are the same
    """

    class Planted(Net):
        def scores_backward(self, l, p):
            dq, dk = super().scores_backward(l, p)
            return (dk, dq) if l in at else (dq, dk)

    return Planted


@transformer("attention-mask-missing", "weights_backward", "every", needs=_places)
def attention_mask_missing(Net, at):
    """
    wrong: A = softmax(S); dS = A * (dA - (dA * A).sum(-1))
    right: A = softmax(where(past, S, -inf)); dS = A * (dA - (dA * A).sum(-1))
    why: recomputed on the way back, the weights need the mask of the way forward; no place sees its future
    """

    class Planted(Net):
        def weights_backward(self, l, p):
            if l not in at:
                return super().weights_backward(l, p)
            q, k, scale = p.kept[f"scores{l}"]
            A, _ = attention.weights((q @ k.swapaxes(-1, -2)) * scale, causal=False)
            return attention.weights_backward(p.delta[f"weights{l}"], A)

    return Planted


@transformer("weight-tying-halved", "tied_gradient", "whole")
def weight_tying_halved(Net, at):
    """
    wrong: dE = dlogits.T @ n
    right: dE = dlogits.T @ n, plus the gradient of the embedding
    why: E is used at both ends, as embedding and as head; both contributions add up
    """

    class Planted(Net):
        def tied_gradient(self, as_head, as_embedding):
            return as_head

    return Planted


@transformer("weight-tying-halved:embedding", "tied_gradient", "whole")
def weight_tying_without_head(Net, at):
    """
    wrong: dE = the gradient of the embedding
    right: dE = the gradient of the embedding, plus dlogits.T @ n
    why: E is used at both ends, as embedding and as head; both contributions add up
    """

    class Planted(Net):
        def tied_gradient(self, as_head, as_embedding):
            return as_embedding

    return Planted


@transformer("assigned-not-accumulated:residual", "residual", "whole")
def residual_assigned(Net, at):
    """
    wrong: dx = backward of f(norm(x))
    right: dx = dout + backward of f(norm(x))
    why: x goes on beside the branch in x + f(norm(x)); it is used twice
    """

    class Planted(Net):
        def residual(self, skip, branch):
            return branch

    return Planted


@transformer("assigned-not-accumulated:qkv", "shared_input", "whole")
def shared_input_assigned(Net, at):
    """
    wrong: dn = dq @ W_q; dn = dk @ W_k; dn = dv @ W_v
    right: dn = dq @ W_q; dn += dk @ W_k; dn += dv @ W_v
    why: q, k and v are made of the same n; of assignments the last one alone is left
    """

    class Planted(Net):
        def shared_input(self, *terms):
            return terms[-1]

    return Planted
