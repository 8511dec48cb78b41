def params(m):
    return {"pred": m.pred}


def run(m, params):
    return m.focal(params["pred"], m.label), {"pred": m.focal_grad(params["pred"], m.label)}


def torch_loss(m, p):
    import torch

    q, t = torch.sigmoid(p["pred"]), torch.tensor(m.label)
    return -(t * (1 - q) ** 3 * q.log() + (1 - t) * q**3 * (1 - q).log()).sum()
