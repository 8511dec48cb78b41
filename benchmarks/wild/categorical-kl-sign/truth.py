def params(m):
    return m.params


def run(m, params):
    return m.kl_to_uniform(params, m.x)
