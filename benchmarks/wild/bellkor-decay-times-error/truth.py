def params(m):
    return m.params


def run(m, params):
    return m.rate(params, m.x, m.y)


def torch_loss(m, p):
    error = m.y - (m.MEAN + p["b_u"] + p["alpha_u"] * m.x + p["b_i"] * p["c_u"] + p["q"] @ p["p"])
    return error**2 + sum(lam * ((p[n] - float(n == "c_u")) ** 2).sum() for n, lam in m.REG.items())
