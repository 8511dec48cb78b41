def params(m):
    return m.params


def run(m, params):
    return m.negative_score(params, m.x, m.y)


def torch_loss(m, p):
    import torch

    def energy(v):
        v = torch.tensor(v)
        return (-v @ p["vbias"] - torch.nn.functional.softplus(v @ p["W"] + p["hbias"]).sum(1)).mean()

    return energy(m.x) - energy(m.y)
