import numpy as np

draw = np.random.default_rng(12)
params = {"a": draw.normal(size=(6, 3)), "b": draw.normal(size=(6, 3))}
x, margin = np.array([1, 0, 0, 1, 0, 1]), 4.0


def contrastive(params, x):
    diff = params["a"] - params["b"]
    dist_sq = np.sum(diff**2, axis=1)
    num, loss = len(x), 0.0
    grads = {"a": np.zeros_like(diff), "b": np.zeros_like(diff)}
    for i, sign in enumerate((1, -1)):
        name = "ab"[i]
        alpha = sign / num
        for j in range(num):
            if x[j]:
                grads[name][j] = alpha * diff[j]
            elif margin - dist_sq[j] > 0:
                grads[name][j] = -alpha * diff[j]
    for j in range(num):
        loss += dist_sq[j] if x[j] else max(margin - dist_sq[j], 0.0)
    return loss / (2 * num), grads
