import torch


def params(m):
    return {"input": m.example()[0].numpy()}


def run(m, params):
    leaf = torch.tensor(params["input"], requires_grad=True)
    loss = 1.7 * m.DiceCoeff.apply(leaf, m.TARGET)
    loss.backward()
    return loss.item(), {"input": leaf.grad.numpy()}


def torch_loss(m, p):
    return 1.7 * m.plain(p["input"], m.TARGET)
