import numpy as np
from scipy import optimize


def negloglik(beta, X, counts, ridge):
    """Negative log likelihood of a Bernoulli model with a probit-like cloglog link."""
    eta = X.dot(beta)
    mu = 1 - np.exp(-np.exp(eta))
    ll = counts * np.log(mu) + (1 - counts) * (-np.exp(eta))
    return -ll.sum() + ridge * beta.dot(beta)


def score(beta, X, counts, ridge):
    eta = X.dot(beta)
    lam = np.exp(eta)
    mu = 1 - np.exp(-lam)
    dll = counts * np.exp(-lam) * lam / mu - (1 - counts) * lam
    return -X.T.dot(dll) + 2 * ridge * beta


def fit(X, counts, ridge=0.5):
    start = np.zeros(X.shape[1])
    return optimize.fmin_bfgs(negloglik, start, fprime=score, args=(X, counts, ridge), disp=False)


if __name__ == "__main__":
    rng = np.random.RandomState(8)
    X = np.column_stack([np.ones(50), rng.randn(50, 2)])
    counts = (rng.rand(50) < 0.4).astype(float)
    print(fit(X, counts))
