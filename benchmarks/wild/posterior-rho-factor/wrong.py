import numpy as np

rng = np.random.default_rng(14)
data = rng.normal(size=5)
model = rng.normal(size=5)
params = np.array([0.4, -0.3])


def logposterior(params, model, data):
    rho, sigma = np.exp(params)
    r = data - rho * model
    return -0.5 * np.sum(r**2) / sigma**2 - len(data) * np.log(sigma) - 0.5 * np.sum(params**2)


def logpost_deriv(params, model, data):
    rho, sigma = np.exp(params)
    r = data - rho * model
    deriv = np.zeros(2)
    deriv[0] = np.sum(r * model) / sigma**2
    deriv[1] = np.sum(r**2) / sigma**2 - len(data)
    return deriv - params
