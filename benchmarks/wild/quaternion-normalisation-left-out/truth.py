import numpy as np

WEIGHT = np.random.default_rng(7).normal(size=(3, 3))


def params(m):
    return {"quat": m.inputs[0]}


def run(m, params):
    R, saved = m.quat_to_rotmat(params["quat"])
    return (WEIGHT * R).sum(), {"quat": m.quat_to_rotmat_vjp(WEIGHT, saved)}


def torch_loss(m, p):
    import torch

    w, x, y, z = p["quat"] / p["quat"].norm()
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]
    return (torch.tensor(WEIGHT).reshape(-1) * torch.stack(rows)).sum()
