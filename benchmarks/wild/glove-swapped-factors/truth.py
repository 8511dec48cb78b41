def params(m):
    return m.params


def run(m, params):
    return m.glove(params, m.x)


def torch_loss(m, p):
    total = 0.0
    for i, j, count in m.x:
        diff = p["W"][i] @ p["W"][j] + p["bias"][i] + p["bias"][j] - m.np.log(count)
        total = total + 0.5 * min(1.0, (count / 10) ** 0.75) * diff**2
    return total
