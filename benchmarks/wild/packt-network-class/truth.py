import torch


def params(m):
    return {"weights1": m.net.weights1, "weights2": m.net.weights2}


def run(m, params):
    net = m.net
    net.weights1, net.weights2 = params["weights1"], params["weights2"]
    net.feedforward()
    loss = net.loss()
    net.backward()
    return loss, {"weights1": net.d_weights1, "weights2": net.d_weights2}


def torch_loss(m, params):
    hidden = torch.sigmoid(torch.tensor(m.X) @ params["weights1"])
    return ((torch.tensor(m.y) - torch.sigmoid(hidden @ params["weights2"])) ** 2).sum()
