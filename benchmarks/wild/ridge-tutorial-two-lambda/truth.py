def params(m):
    return {"theta": m.theta}


def run(m, params):
    return m.ridge(params["theta"], m.X, m.t), {"theta": m.ridge_grad(params["theta"], m.X, m.t)}
