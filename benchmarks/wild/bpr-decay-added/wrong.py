import numpy as np

alpha, lambda_reg = 0.1, 0.05


def sgd_step(params, x, y):
    userMat, prodMat = params["userMat"].copy(), params["prodMat"].copy()
    user, pos, neg = x
    u, i, j = userMat[user].copy(), prodMat[pos].copy(), prodMat[neg].copy()
    x_uij = u @ i - u @ j
    loss = np.log(1 + np.exp(-x_uij)) + 0.5 * lambda_reg * (u @ u + i @ i + j @ j)
    scale = 1 / (1 + np.exp(x_uij))
    prodMat[pos] += (u * scale + i * lambda_reg) * alpha
    prodMat[neg] += (-u * scale + j * lambda_reg) * alpha
    userMat[user] += ((i - j) * scale + u * lambda_reg) * alpha
    return {"userMat": userMat, "prodMat": prodMat}, loss


rng = np.random.default_rng(17)
params = {"userMat": rng.normal(size=(3, 4)), "prodMat": rng.normal(size=(5, 4))}
x, y = (1, 3, 0), 1.0
inputs = (params, x, y)
