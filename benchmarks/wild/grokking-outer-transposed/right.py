weights = [[0.1, 0.1, -0.3], [0.1, 0.2, 0.0], [0.0, 1.3, 0.1]]
params = {"weights": weights}
x = [8.5, 0.65, 1.2]
y = [0.1, 1.0, 0.1]


def w_sum(a, b):
    return sum(a[i] * b[i] for i in range(len(a)))


def outer_prod(a, b):
    return [[a[i] * b[j] for j in range(len(b))] for i in range(len(a))]


def neural_network(params, x, y):
    pred = [w_sum(row, x) for row in params["weights"]]
    delta = [pred[i] - y[i] for i in range(len(y))]
    error = 0.5 * sum(d * d for d in delta)
    weight_deltas = outer_prod(delta, x)
    return error, {"weights": weight_deltas}
