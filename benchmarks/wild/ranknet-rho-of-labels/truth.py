def params(m):
    return {"scores": m.params}


def run(m, params):
    cost, lambdas = m.ranknet(params["scores"], m.x)
    return cost, {"scores": lambdas}


def torch_loss(m, p):
    import torch

    s, rank = p["scores"], torch.tensor(m.page)
    pairs = torch.nn.functional.softplus(s[None, :] - s[:, None])
    return pairs[rank[:, None] > rank[None, :]].sum()
