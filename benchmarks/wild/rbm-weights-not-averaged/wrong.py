import numpy as np

rng = np.random.RandomState(22)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class RBM:
    def __init__(self, n_visible=5, n_hidden=3):
        self.W = rng.uniform(-1, 1, (n_visible, n_hidden))
        self.hbias = rng.uniform(-0.5, 0.5, n_hidden)
        self.vbias = rng.uniform(-0.5, 0.5, n_visible)

    def free_energy(self, v):
        hidden = np.log(1 + np.exp(v @ self.W + self.hbias)).sum(axis=1)
        return -v @ self.vbias - hidden

    def gradient(self, v, nv_samples):
        ph_mean = sigmoid(v @ self.W + self.hbias)
        nh_means = sigmoid(nv_samples @ self.W + self.hbias)
        W = np.dot(v.T, ph_mean) - np.dot(nv_samples.T, nh_means)
        vbias = np.mean(v - nv_samples, axis=0)
        hbias = np.mean(ph_mean - nh_means, axis=0)
        return -W, -vbias, -hbias


rbm = RBM()
x = (rng.uniform(size=(6, 5)) < 0.5).astype(float)
y = (rng.uniform(size=(6, 5)) < 0.4).astype(float)
params = {"W": rbm.W, "vbias": rbm.vbias, "hbias": rbm.hbias}


def negative_score(params, x, y):
    rbm.W, rbm.vbias, rbm.hbias = params["W"], params["vbias"], params["hbias"]
    cost = np.mean(rbm.free_energy(x)) - np.mean(rbm.free_energy(y))
    W, vbias, hbias = rbm.gradient(x, y)
    return cost, {"W": W, "vbias": vbias, "hbias": hbias}
