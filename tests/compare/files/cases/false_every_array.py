import numpy as np

rng = np.random.default_rng(3)
X = rng.normal(size=(10, 2))
y, theta = np.cos(X[:, 1]), np.log([1.6, 0.9, 0.4])


def evidence(theta, X, y):
    scale, signal, noise = np.exp(theta)
    far = ((X[:, None] - X[None]) ** 2).sum(axis=-1)
    smooth = signal**2 * np.exp(-far / (2 * scale**2))
    K = smooth + noise**2 * np.eye(len(X))
    solved, inverse = np.linalg.solve(K, y), np.linalg.inv(K)
    outer = inverse - np.outer(solved, solved)
    by = (
        smooth * far / scale**3,
        2 * smooth,
        2 * noise**2 * np.eye(len(X)),
    )
    value = 0.5 * y @ solved + np.log(np.diag(np.linalg.cholesky(K))).sum()
    return value, np.array([0.5 * np.sum(outer * each) for each in by])
