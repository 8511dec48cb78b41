import numpy as np

hparameters = {"stride": 2, "pad": 1}


def conv_forward(A_prev, W, b):
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, H_prev, W_prev, C_prev = A_prev.shape
    f, _, _, C = W.shape
    H, V = (H_prev - f + 2 * pad) // stride + 1, (W_prev - f + 2 * pad) // stride + 1
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    Z = np.zeros((m, H, V, C))
    for h in range(H):
        for w in range(V):
            part = padded[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
            Z[:, h, w, :] = np.tensordot(part, W, axes=([1, 2, 3], [0, 1, 2])) + b
    return Z, (A_prev, W, padded)


def conv_backward(dZ, cache):
    A_prev, W, padded = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    dA_pad, dW, db = np.zeros_like(padded), np.zeros_like(W), dZ.sum(axis=(0, 1, 2))
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            vert_start = h
            horiz_start = w
            rows, cols = slice(vert_start, vert_start + f), slice(horiz_start, horiz_start + f)
            dA_pad[:, rows, cols, :] += np.tensordot(dZ[:, h, w, :], W, axes=([1], [3]))
            dW += np.tensordot(padded[:, rows, cols, :], dZ[:, h, w, :], axes=([0], [0]))
    return dA_pad[:, pad:-pad, pad:-pad, :], dW, db


conv = (conv_forward, conv_backward)
np.random.seed(1)
inputs = (np.random.randn(2, 4, 4, 2), np.random.randn(2, 2, 2, 3), np.random.randn(3))
