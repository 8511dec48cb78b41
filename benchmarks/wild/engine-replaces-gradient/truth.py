def params(m):
    return m.params


def run(m, params):
    loss, grads = m.loss_and_grads({n: float(p) for n, p in params.items()}, m.x, m.y)
    return loss, grads


def torch_loss(m, p):
    s = p["a"] * p["b"] + p["a"] * m.x
    return s * s + p["a"] * m.y
