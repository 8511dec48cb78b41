import numpy as np

rng = np.random.default_rng(8)
params = {"syn0": 0.3 * rng.normal(size=(6, 4)), "syn1neg": 0.3 * rng.normal(size=(6, 4))}
x = [2, 4, 2]
y = [[1, 0, 5], [3, 2, 2], [0, 3, 1]]


def train_sg_pairs(params, x, y):
    syn0, syn1neg = params["syn0"].copy(), params["syn1neg"].copy()
    g0, g1 = np.zeros_like(syn0), np.zeros_like(syn1neg)
    loss = 0.0
    for word, targets in zip(x, y):
        labels = np.array([1.0, 0.0, 0.0])
        l1 = syn0[word]
        l2b = syn1neg[targets]
        fb = 1.0 / (1.0 + np.exp(-l2b @ l1))
        loss -= np.sum(np.log(np.where(labels > 0, fb, 1 - fb)))
        gb = fb - labels
        np.add.at(g1, targets, np.outer(gb, l1))
        g0[word] += gb @ l2b
    return loss, {"syn0": g0, "syn1neg": g1}
