def params(m):
    return {f"{n}{i}": p for i, layer in enumerate(m.params) for n, p in layer.items()}


def run(m, params):
    loss, grads = m.manual_grad([{n: params[f"{n}{i}"] for n in "wb"} for i in (0, 1)], m.x, m.y)
    return loss, {f"{n}{i}": g for i, layer in enumerate(grads) for n, g in layer.items()}
