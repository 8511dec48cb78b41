import torch


class Prod(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        result = x.prod()
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        x, result = ctx.saved_tensors
        return grad_output * result / x


def example():
    return (torch.tensor([2.0, 3.0, -1.5, 0.7], dtype=torch.float64),)


def plain(x):
    return torch.prod(x)
