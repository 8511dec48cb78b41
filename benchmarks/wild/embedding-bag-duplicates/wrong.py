import numpy as np

rng = np.random.default_rng(72)
params = {"emb": rng.normal(size=(7, 3)), "out": rng.normal(size=(3, 2))}
x = np.array([[1, 4, 1], [0, 6, 2], [5, 5, 3]])
y = np.array([0, 1, 1])


def bag_of_words(params, x, y):
    looked_up = params["emb"][x]
    pooled = looked_up.mean(axis=1)
    scores = pooled @ params["out"]
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).sum()
    dscores = p.copy()
    dscores[np.arange(len(y)), y] -= 1
    dout = pooled.T @ dscores
    dpooled = dscores @ params["out"].T
    dlooked = np.repeat(dpooled[:, None, :], x.shape[1], axis=1) / x.shape[1]
    demb = np.zeros_like(params["emb"])
    demb[x] = demb[x] + dlooked
    return loss, {"emb": demb, "out": dout}
