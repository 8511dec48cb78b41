import numpy as np

gsum, xsum, k = {}, {}, 0
BETA1, BETA2, RATE = 0.9, 0.999, 0.001


def train(params, x, y):
    global k
    k += 1
    diff = x @ params["w"] + params["b"] - y
    grads = {"w": x.T @ diff * 2 / diff.size, "b": diff.sum(0) * 2 / diff.size}
    out = {}
    for n, g in grads.items():
        gsum[n] = gsum.get(n, 0) * BETA1 + (1 - BETA1) * g
        xsum[n] = xsum.get(n, 0) * BETA2 + (1 - BETA2) * g * g
        biasCorr1 = gsum[n] / (1 - BETA1**k)
        biasCorr2 = xsum[n] / (1 - BETA2**k)
        out[n] = params[n] - RATE * biasCorr1 / (np.sqrt(biasCorr2) + 1e-8)
    return out, np.mean(diff**2)


rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
inputs = (params, x, y)
