def params(m):
    return {"W1": m.NN.W1, "W2": m.NN.W2}


def run(m, params):
    m.NN.W1, m.NN.W2 = params["W1"], params["W2"]
    return m.NN.costFunction(m.X, m.y), dict(zip(("W1", "W2"), m.NN.costFunctionPrime(m.X, m.y)))


def torch_loss(m, p):
    import torch

    out = torch.sigmoid(torch.sigmoid(torch.tensor(m.X) @ p["W1"]) @ p["W2"])
    decay = sum((w**2).sum() for w in p.values())
    return 0.5 * ((torch.tensor(m.y) - out) ** 2).sum() / 4 + 0.005 * decay
