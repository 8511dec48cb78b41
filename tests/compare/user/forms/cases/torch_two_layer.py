"""A two-layer network of a course on torch tensors: an object whose loss returns the gradients."""
import torch


def nn_forward_pass(params, X):
    W1, b1 = params["W1"], params["b1"]
    W2, b2 = params["W2"], params["b2"]
    hidden = (X.mm(W1) + b1).clamp(min=0)
    scores = hidden.mm(W2) + b2
    return scores, hidden


def nn_forward_backward(params, X, y=None, reg=0.0):
    W1, b1 = params["W1"], params["b1"]
    W2, b2 = params["W2"], params["b2"]
    N, D = X.shape
    scores, h1 = nn_forward_pass(params, X)
    if y is None:
        return scores
    scores = scores - scores.max(dim=1, keepdim=True).values
    p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    loss = -torch.log(p[torch.arange(N), y]).mean()
    loss += reg * ((W1 * W1).sum() + (W2 * W2).sum())
    grads = {}
    ds = p.clone()
    ds[torch.arange(N), y] -= 1
    ds /= N
    grads["W2"] = h1.t().mm(ds) + 2 * reg * W2
    grads["b2"] = ds.sum(0)
    dh = ds.mm(W2.t())
    dh[h1 <= 0] = 0
    grads["W1"] = X.t().mm(dh) + 2 * reg * W1
    grads["b1"] = dh.sum(0)
    return loss, grads


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, dtype=torch.float64, std=1e-1):
        self.params = {}
        self.params["W1"] = std * torch.randn(input_size, hidden_size, dtype=dtype)
        self.params["b1"] = std * torch.randn(hidden_size, dtype=dtype)
        self.params["W2"] = std * torch.randn(hidden_size, output_size, dtype=dtype)
        self.params["b2"] = std * torch.randn(output_size, dtype=dtype)

    def loss(self, X, y=None, reg=0.0):
        return nn_forward_backward(self.params, X, y, reg)


torch.manual_seed(0)
net = TwoLayerNet(4, 10, 3)
toy_X = 10.0 * torch.randn(5, 4, dtype=torch.float64)
toy_y = torch.tensor([0, 1, 2, 2, 1])
loss, grads = net.loss(toy_X, toy_y, reg=0.05)
print(loss)
