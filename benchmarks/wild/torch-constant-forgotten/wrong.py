import torch
from torch.autograd import Function


class MulConstant(Function):
    @staticmethod
    def forward(ctx, tensor):
        ctx.constant = 5.0
        return tensor * ctx.constant

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output


def example():
    return (torch.arange(9, dtype=torch.float64).reshape(3, 3) / 7 - 0.4,)


def plain(tensor):
    return tensor * 5.0
