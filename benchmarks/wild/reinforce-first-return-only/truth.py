def params(m):
    return m.params


def run(m, params):
    return m.surrogate(params, m.x, m.y)


def torch_loss(m, p):
    import torch

    z = torch.relu(torch.tensor(m.x) @ p["W1"]) @ p["W2"]
    returns = [sum(r * 0.95**i for i, r in enumerate(m.R[t:])) for t in range(5)]
    bce = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(m.y), reduction="none")
    return (torch.tensor(returns) * bce).sum()
