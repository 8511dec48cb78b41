"""The gradient of an MLP sample by sample, as textbooks program it; sigmoid, softmax, cross-entropy.

NumPy is imported inside the functions: a benchmark pins its process before.
"""


def per_sample(params, x, y):
    """Compute the gradient as the first chapters of textbooks do: sample by sample, vectors as columns, and each
    sample's new arrays added to the sum."""
    import numpy as np

    depth = len(params) // 2

    def sigma(z):
        return 1 / (1 + np.exp(-z))

    def of_one(sample, label):
        z, a = {}, {0: sample[:, None]}
        for l in range(1, depth + 1):
            z[l] = params[f"W{l}"] @ a[l - 1] + params[f"b{l}"][:, None]
            a[l] = sigma(z[l]) if l < depth else np.exp(z[l] - z[l].max()) / np.exp(z[l] - z[l].max()).sum()
        grads, delta = {}, a[depth].copy()
        delta[label] -= 1
        for l in range(depth, 0, -1):
            grads[f"W{l}"], grads[f"b{l}"] = delta @ a[l - 1].T, delta[:, 0]
            if l > 1:
                delta = (params[f"W{l}"].T @ delta) * sigma(z[l - 1]) * (1 - sigma(z[l - 1]))
        return grads

    def gradient():
        total = {name: np.zeros_like(p) for name, p in params.items()}
        for sample, label in zip(x, y, strict=True):
            found = of_one(sample, label)
            total = {name: total[name] + found[name] for name in total}
        return {name: g / len(x) for name, g in total.items()}

    return gradient


def per_sample_in_place(params, x, y):
    """Compute the same gradient efficiently: compute nothing twice, and sum in place."""
    import numpy as np

    depth = len(params) // 2

    def sigma(z):
        return 1 / (1 + np.exp(-z))

    def gradient():
        total = {name: np.zeros_like(p) for name, p in params.items()}
        for sample, label in zip(x, y, strict=True):
            a = [sample[:, None]]
            for l in range(1, depth + 1):
                z = params[f"W{l}"] @ a[-1] + params[f"b{l}"][:, None]
                a.append(sigma(z) if l < depth else np.exp(z - z.max()) / np.exp(z - z.max()).sum())
            delta = a[-1].copy()
            delta[label] -= 1
            for l in range(depth, 0, -1):
                total[f"W{l}"] += delta @ a[l - 1].T
                total[f"b{l}"] += delta[:, 0]
                if l > 1:
                    delta = (params[f"W{l}"].T @ delta) * a[l - 1] * (1 - a[l - 1])
        return {name: g / len(x) for name, g in total.items()}

    return gradient
