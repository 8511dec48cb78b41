def params(m):
    return m.params


def run(m, params):
    return m.convnet(params, m.x, m.y)


def torch_loss(m, p):
    import torch

    h = torch.einsum("oc,ncp->nop", p["W1"], torch.tensor(m.x))
    near = torch.nn.functional.pad(h**2, (0, 0, 1, 1))
    h = h * (1 + 0.5 * (near[:, :-2] + near[:, 1:-1] + near[:, 2:])) ** -0.75
    return 0.5 * ((torch.einsum("oc,ncp->nop", p["W2"], h) - torch.tensor(m.y)) ** 2).sum() / len(m.x)
