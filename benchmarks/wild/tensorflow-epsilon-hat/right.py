import numpy as np

m, v, beta1_power, beta2_power = {}, {}, 1.0, 1.0


def apply_adam(params, x, y, lr=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    global beta1_power, beta2_power
    beta1_power *= beta1
    beta2_power *= beta2
    diff = x @ params["w"] + params["b"] - y
    grads = {"w": 2 * x.T @ diff / diff.size, "b": 2 * diff.sum(0) / diff.size}
    alpha = lr * np.sqrt(1 - beta2_power) / (1 - beta1_power)
    new = {}
    for n, g in grads.items():
        m[n] = m.get(n, 0.0) + (g - m.get(n, 0.0)) * (1 - beta1)
        v[n] = v.get(n, 0.0) + (g * g - v.get(n, 0.0)) * (1 - beta2)
        new[n] = params[n] - alpha * m[n] / (np.sqrt(v[n]) + epsilon)
    return new, np.mean(diff**2)


rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
inputs = (params, x, y)
