def params(m):
    return {"theta": m.theta}


def run(m, params):
    return m.objective(params["theta"]), {"theta": m.objective_grad(params["theta"])}


def torch_loss(m, p):
    import torch

    logp = torch.log_softmax(torch.tensor(m.states) @ p["theta"], 1)[range(6), m.actions]
    return -(logp * torch.tensor(m.discounted(m.rewards))).sum()
