import torch


def params(m):
    return m.params


def run(m, params):
    return m.loss_and_grads(params, m.x, m.y)


def torch_loss(m, params):
    out = torch.nn.functional.conv1d(torch.tensor(m.x)[:, None], params["W"][:, None], params["b"])
    return 0.5 * ((out.tanh().transpose(1, 2) - torch.tensor(m.y)) ** 2).sum() / len(m.x)
