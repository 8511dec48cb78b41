"""Additive angular margin: rows of embeddings and class weights both normalised, the margin by sum of angles, masks by boolean assignment."""
import numpy as np

S, M = 4.0, 0.3


def unit_rows(A):
    length = np.linalg.norm(A, axis=1, keepdims=True)
    return A / length, length


def unit_rows_backward(dU, U, length):
    radial = np.sum(dU * U, axis=1, keepdims=True)
    return (dU - radial * U) / length


def backward(params, x, y):
    E, C = params['embed'], params['centres']
    N, K = x.shape[0], C.shape[0]

    feats = x @ E
    U, ulen = unit_rows(feats)
    V, vlen = unit_rows(C)
    cos = 0.999 * (U @ V.T)                  # kept off -1 and 1

    target = np.zeros((N, K), dtype=bool)
    target[np.arange(N), y] = True
    sin_t = np.sqrt(1 - cos[target] ** 2)
    logits = S * cos
    logits[target] = S * (cos[target] * np.cos(M) - sin_t * np.sin(M))

    high = logits.max(axis=1, keepdims=True)
    expd = np.exp(logits - high)
    denom = expd.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(denom[:, 0]) + high[:, 0] - logits[target])

    dlogits = expd / denom
    dlogits[target] -= 1
    dlogits /= N
    dcos = S * dlogits
    dcos[target] *= np.cos(M) + np.sin(M) * cos[target] / sin_t
    dcos *= 0.999
    dU = dcos @ V
    dV = dcos.T @ U
    dfeats = unit_rows_backward(dU, U, ulen)
    grads = {}
    grads['centres'] = unit_rows_backward(dV, V, vlen)
    grads['embed'] = x.T @ dfeats
    return loss, grads


def torch_loss(params, x, y):
    """The same loss on tensors: the norm takes an axis by its name."""
    unit = lambda a: a / a.norm(dim=1, keepdim=True)
    cos = 0.999 * unit(x @ params['embed']) @ unit(params['centres']).T
    own = cos.gather(1, y.long()[:, None])
    logits = S * cos.scatter(1, y.long()[:, None], own * np.cos(M) - (1 - own ** 2).sqrt() * np.sin(M))
    return -logits.log_softmax(1).gather(1, y.long()[:, None]).mean()


def draw(rng, scale=1.0):
    return {'embed': scale * rng.normal(size=(5, 3)), 'centres': scale * rng.normal(size=(4, 3))}


def batch(rng, n):
    return rng.normal(size=(n, 5)), rng.integers(0, 4, n)


rng = np.random.default_rng(510)
params = draw(rng)
x, y = batch(rng, 6)
