import torch
from torch.autograd import Function


class DiceCoeff(Function):
    @staticmethod
    def forward(ctx, input, target):
        target = target.to(input.dtype)
        ctx.save_for_backward(input, target)
        ctx.inter = torch.dot(input.reshape(-1), target.reshape(-1))
        ctx.union = torch.sum(input) + torch.sum(target)
        return 2 * ctx.inter / ctx.union

    @staticmethod
    def backward(ctx, grad_output):
        input, target = ctx.saved_tensors
        grad_input = grad_output * 2 * (target * ctx.union - ctx.inter) / (ctx.union * ctx.union)
        return grad_input, None


TARGET = torch.tensor([[1, 0, 0], [1, 1, 0]])


def example():
    return torch.tensor([[0.9, 0.2, 0.4], [0.3, 0.8, 0.1]], dtype=torch.float64), TARGET


def plain(input, target):
    return 2 * (input * target).sum() / (input.sum() + target.sum())
