def params(m):
    return {"f": m.f}


def run(m, params):
    return m.cost(params["f"], m.y), {"f": m.grad(params["f"], m.y)}
