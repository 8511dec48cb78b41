"""Low-rank adapters: a frozen weight plus B A on two layers, a GELU by tanh, parameters as a flat vector of slices."""
import numpy as np

RANK, SCALE, SIZES = 2, 0.5, (4, 6, 3)
_frozen = np.random.default_rng(99)
FROZEN = [_frozen.normal(size=(o, i)) for i, o in zip(SIZES, SIZES[1:])]


def unpack(theta):
    out, at = [], 0
    for i, o in zip(SIZES, SIZES[1:]):
        A = theta[at:at + RANK * i].reshape(RANK, i)
        at += RANK * i
        B = theta[at:at + o * RANK].reshape(o, RANK)
        at += o * RANK
        out.append((A, B))
    return out


def gelu(u):
    t = np.tanh(0.7978845608028654 * (u + 0.044715 * u ** 3))
    return 0.5 * u * (1 + t), t


def gelu_prime(u, t):
    inner = 0.7978845608028654 * (1 + 3 * 0.044715 * u ** 2)
    return 0.5 * (1 + t) + 0.5 * u * (1 - t ** 2) * inner


def backward(theta, x, y):
    (A1, B1), (A2, B2) = unpack(theta)
    W1 = FROZEN[0] + SCALE * B1 @ A1
    W2 = FROZEN[1] + SCALE * B2 @ A2
    u = x @ W1.T
    h, t = gelu(u)
    out = h @ W2.T
    r = out - y
    loss = np.mean(np.sum(r ** 2, axis=1))

    dout = 2 * r / len(x)
    dW2 = dout.T @ h
    dA2 = SCALE * B2.T @ dW2
    dB2 = SCALE * dW2 @ A2.T
    dh = dout @ W2
    du = dh * gelu_prime(u, t)
    dW1 = du.T @ x
    dA1 = SCALE * B1.T @ dW1
    dB1 = SCALE * dW1 @ A1.T
    return loss, np.concatenate([d.ravel() for d in (dA1, dB1, dA2, dB2)])


def torch_loss(theta, x, y):
    """The same loss on tensors: the frozen weights are arrays."""
    (A1, B1), (A2, B2) = unpack(theta)
    u = x @ (x.new_tensor(FROZEN[0]) + SCALE * B1 @ A1).T
    h = 0.5 * u * (1 + (0.7978845608028654 * (u + 0.044715 * u ** 3)).tanh())
    return ((h @ (x.new_tensor(FROZEN[1]) + SCALE * B2 @ A2).T - y) ** 2).sum(dim=1).mean()


def draw(rng, scale=1.0):
    return scale * rng.normal(size=sum(RANK * (i + o) for i, o in zip(SIZES, SIZES[1:])))


def batch(rng, n):
    return rng.normal(size=(n, 4)), rng.normal(size=(n, 3))


rng = np.random.default_rng(17)
params = draw(rng)
x, y = batch(rng, 5)
