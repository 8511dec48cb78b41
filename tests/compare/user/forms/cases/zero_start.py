import numpy as np
from scipy import optimize

def objective(w, X, y, alpha):
    """Regularised logistic loss and its gradient, for optimize.minimize(..., jac=True)."""
    z = X @ w
    yz = y * z
    loss = np.sum(np.logaddexp(0, -yz)) + 0.5 * alpha * w @ w
    s = -y / (1 + np.exp(yz))
    grad = X.T @ s + alpha * w
    return loss, grad

if __name__ == "__main__":
    rng = np.random.RandomState(0)
    X = rng.randn(50, 4)
    y = np.sign(X[:, 0] + 0.3 * rng.randn(50))
    w0 = np.zeros(4)
    out = optimize.minimize(objective, w0, args=(X, y, 1e-2), jac=True)
    print(out.x, out.fun)
