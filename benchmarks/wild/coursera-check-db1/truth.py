def params(m):
    return m.parameters


def run(m, params):
    cost, cache = m.forward_propagation_n(m.X, m.Y, params)
    grads = m.backward_propagation_n(m.X, m.Y, cache)
    return cost, {name: grads["d" + name] for name in params}
