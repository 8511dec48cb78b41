def params(m):
    return {"logits": m.logits}


def run(m, params):
    return m.loss(params["logits"]), {"logits": m.gradient(params["logits"])}


def torch_loss(m, p):
    import torch

    pt = torch.softmax(p["logits"], 1)[range(4), m.label]
    return -(m.alpha * (1 - pt) ** m.gamma * pt.log()).sum()
