def params(m):
    return {"W": m.W}


def run(m, params):
    loss, dW = m.svm_loss_naive(params["W"], m.X, m.y)
    return loss, {"W": dW}


def torch_loss(m, p):
    import torch

    s = torch.tensor(m.X) @ p["W"]
    rows = torch.arange(len(s))
    margins = (s - s[rows, torch.tensor(m.y)][:, None] + 1).clamp(min=0)
    return (margins.sum() - len(s)) / len(s) + m.reg * (p["W"] ** 2).sum()
