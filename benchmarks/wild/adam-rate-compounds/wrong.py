import math

import numpy as np


class AdamOptimizer:
    def __init__(self, stepsize=0.01, beta1=0.9, beta2=0.99, eps=1e-8):
        self.stepsize, self.beta1, self.beta2, self.eps = stepsize, beta1, beta2, eps
        self.fm, self.sm, self.t = {}, {}, 0

    def apply_grad(self, grad, args):
        self.t += 1
        new_stepsize = self.stepsize * math.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        self.stepsize = new_stepsize
        moved = {}
        for name, g in grad.items():
            self.fm[name] = self.beta1 * self.fm.get(name, 0.0) + (1 - self.beta1) * g
            self.sm[name] = self.beta2 * self.sm.get(name, 0.0) + (1 - self.beta2) * g**2
            moved[name] = args[name] - new_stepsize * self.fm[name] / (np.sqrt(self.sm[name]) + self.eps * math.sqrt(1 - self.beta2**self.t))
        return moved


opt = AdamOptimizer()


def step(params, x, y):
    e = x @ params["w"] + params["b"] - y
    grad = {"w": 2 * x.T @ e / e.size, "b": 2 * e.sum(axis=0) / e.size}
    return opt.apply_grad(grad, params), np.mean(e**2)


rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
inputs = (params, x, y)
