import numpy as np

rg = np.random.default_rng(42)
raw = rg.uniform(0.2, 1.0, (6, 6))
raw = raw + raw.T
np.fill_diagonal(raw, 0.0)
x = raw / raw.sum()
params = rg.normal(size=(6, 2))


def divergence(params, x):
    gaps = params[:, None, :] - params[None, :, :]
    squares = np.sum(gaps**2, axis=2)
    kernel = 1.0 / (1.0 + squares)
    np.fill_diagonal(kernel, 0.0)
    q = kernel / kernel.sum()
    off = ~np.eye(len(params), dtype=bool)
    loss = np.sum(x[off] * np.log(x[off] / q[off]))
    pqd = (x - q) * kernel
    gradient = np.zeros_like(params)
    for i in range(len(params)):
        gradient[i] = 4.0 * pqd[i] @ gaps[i]
    return loss, gradient
