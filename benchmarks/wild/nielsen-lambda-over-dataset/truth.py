import torch


def params(m):
    return m.params


def run(m, params):
    return m.mini_batch(params, m.x, m.y)


def torch_loss(m, params):
    z = params["w"] @ torch.tensor(m.x) + params["b"]
    bce = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(m.y), reduction="sum")
    return bce / m.x.shape[1] + 0.05 * (params["w"] ** 2).sum()
