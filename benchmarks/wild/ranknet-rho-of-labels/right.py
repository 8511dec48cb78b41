import math

import numpy as np

page = np.array([2.0, 0.0, 1.0, 3.0, 0.0])
params = np.array([0.3, -0.2, 0.8, 0.1, 0.5])
x = page


def ranknet(params, x):
    page, scores = x, params
    cost, lambdas = 0.0, np.zeros(len(page))
    for i in range(len(page)):
        for j in range(len(page)):
            if page[i] > page[j]:
                cost += math.log(1 + math.exp(scores[j] - scores[i]))
                rho = 1 / (1 + math.exp(scores[i] - scores[j]))
                lambdas[i] -= rho
                lambdas[j] += rho
    return cost, lambdas
