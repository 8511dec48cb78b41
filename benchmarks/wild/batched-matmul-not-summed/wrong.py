import numpy as np


def bmm(lhs, rhs):
    return lhs @ rhs, (lhs, rhs)


def bmm_grad(grad_output, saved):
    lhs, rhs = saved
    grad_lhs = (grad_output @ rhs.transpose(0, 2, 1))[-1]
    grad_rhs = lhs.T @ grad_output
    return grad_lhs, grad_rhs


matmul = (bmm, bmm_grad)
d = np.random.default_rng(99)
inputs = (d.normal(size=(2, 3)), d.normal(size=(4, 3, 2)))
