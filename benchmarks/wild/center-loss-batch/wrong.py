import torch


class CenterLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, feature, centers):
        label = torch.tensor([0, 2, 1, 2, 0])
        picked = centers.index_select(0, label)
        ctx.save_for_backward(feature, label, centers)
        return (feature - picked).pow(2).sum() / 2.0 / feature.size(0)

    @staticmethod
    def backward(ctx, grad_output):
        feature, label, centers = ctx.saved_tensors
        diff = feature - centers.index_select(0, label)
        grad_feature = grad_output * diff
        grad_centers = torch.zeros_like(centers).index_add(0, label, -diff) / feature.size(0)
        return grad_feature, grad_output * grad_centers


def example():
    g = torch.Generator().manual_seed(8)
    return torch.randn(5, 2, generator=g, dtype=torch.float64), torch.randn(3, 2, generator=g, dtype=torch.float64)


def plain(feature, centers):
    label = torch.tensor([0, 2, 1, 2, 0])
    return ((feature - centers[label]) ** 2).sum() / 2 / len(feature)
