import numpy as np

gen = np.random.default_rng(76)
params = {"means": gen.normal(size=(4, 2)), "stddevs": gen.uniform(0.5, 1.8, (4, 2))}
x = params["means"] + params["stddevs"] * gen.normal(size=(4, 2))
y = gen.normal(size=(4, 1))


class Normal:
    def log_prob(self, output, means, stddevs):
        return -((output - means) ** 2) / (2 * stddevs**2) - np.log(stddevs)

    def backward(self, output, means, stddevs, reward):
        grad_means = means - output
        stddevs_sq = stddevs * stddevs
        stddevs_cb = stddevs_sq * stddevs
        grad_stddevs = (grad_means * grad_means) / stddevs_cb
        grad_stddevs = (1 / stddevs - grad_stddevs) * reward
        grad_means = grad_means / stddevs_sq * reward
        return grad_means, grad_stddevs


def surrogate(params, x, y):
    action = Normal()
    loss = -np.sum(y * action.log_prob(x, params["means"], params["stddevs"]))
    grad_means, grad_stddevs = action.backward(x, params["means"], params["stddevs"], y)
    return loss, {"means": grad_means, "stddevs": grad_stddevs}
