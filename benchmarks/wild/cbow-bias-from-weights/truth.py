def params(m):
    return dict(zip(("W1", "W2", "b1", "b2"), m.params))


def run(m, params):
    cost, grads = m.cost_and_grads(tuple(params.values()), m.x, m.y)
    return cost, dict(zip(params, grads))
