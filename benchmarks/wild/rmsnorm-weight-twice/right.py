import torch
from torch.autograd import Function

EPS = 1e-3


class RowRMSNorm(Function):
    @staticmethod
    def forward(ctx, x, weight):
        ms = x.pow(2).mean(dim=-1, keepdim=True)
        rstd = torch.rsqrt(ms + EPS)
        ctx.save_for_backward(x, weight, rstd)
        return x * rstd * weight

    @staticmethod
    def backward(ctx, grad_out):
        x, weight, rstd = ctx.saved_tensors
        size = x.shape[-1]
        s = (grad_out * x * weight).sum(dim=-1, keepdim=True)
        direct = grad_out * weight * rstd
        through_rstd = rstd.pow(3) * x * s / size
        grad_weight = (grad_out * x * rstd).reshape(-1, size).sum(dim=0)
        return direct - through_rstd, grad_weight


def example():
    g = torch.Generator().manual_seed(4)
    x = torch.randn(2, 3, 6, generator=g, dtype=torch.float64)
    return x, torch.linspace(0.4, 1.9, 6, dtype=torch.float64)


def plain(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + EPS) * weight
