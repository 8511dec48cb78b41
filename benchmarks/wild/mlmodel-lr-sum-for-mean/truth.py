def params(m):
    return {"param": m.param}


def run(m, params):
    return m.cost(params["param"], m.X, m.y), {"param": m.gradient(params["param"], m.X, m.y)}


def torch_loss(m, p):
    import torch

    z = torch.tensor(m.X) @ p["param"]
    return torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(m.y).double()) + 0.05 * (p["param"] ** 2).sum()
