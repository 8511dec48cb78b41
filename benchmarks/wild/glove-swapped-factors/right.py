import numpy as np

rows = np.random.default_rng(51)
params = {"W": rows.normal(size=(8, 3)) * 0.6, "bias": rows.normal(size=8) * 0.3}
x = [(0, 5, 3.0), (1, 4, 7.0), (2, 5, 1.5), (3, 6, 12.0), (0, 7, 2.0)]
x_max, power = 10.0, 0.75


def glove(params, x):
    W, bias = params["W"], params["bias"]
    cost = 0.0
    gradient, gradient_bias = np.zeros_like(W), np.zeros_like(bias)
    for l1, l2, count in x:
        diff = bias[l1] + bias[l2] - np.log(count)
        for b in range(W.shape[1]):
            diff += W[l1, b] * W[l2, b]
        fdiff = diff if count > x_max else (count / x_max) ** power * diff
        cost += 0.5 * fdiff * diff
        for b in range(W.shape[1]):
            temp1 = fdiff * W[l2, b]
            temp2 = fdiff * W[l1, b]
            gradient[l1, b] += temp1
            gradient[l2, b] += temp2
        gradient_bias[l1] += fdiff
        gradient_bias[l2] += fdiff
    return cost, {"W": gradient, "bias": gradient_bias}
