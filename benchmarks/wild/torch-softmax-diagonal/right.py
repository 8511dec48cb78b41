import torch


class SoftMax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        e = torch.exp(z - z.max(dim=-1, keepdim=True).values)
        output = e / e.sum(dim=-1, keepdim=True)
        ctx.save_for_backward(output)
        return output

    @staticmethod
    def backward(ctx, epsilon):
        (output,) = ctx.saved_tensors
        return output * (epsilon - (epsilon * output).sum(dim=-1, keepdim=True))


def example():
    g = torch.Generator().manual_seed(3)
    return (torch.randn(4, 5, generator=g, dtype=torch.float64),)


def plain(z):
    return torch.softmax(z, dim=-1)
