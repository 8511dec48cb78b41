import numpy as np

REG = {"b_u": 0.3, "alpha_u": 0.2, "b_i": 0.25, "c_u": 0.1, "q": 0.15, "p": 0.15}
MEAN = 3.6


def predict(rs, Dev):
    return MEAN + rs["b_u"] + rs["alpha_u"] * Dev + rs["b_i"] * rs["c_u"] + rs["q"] @ rs["p"]


def get_error(rs, actual, Dev):
    penalty = 0.0
    for name, lam in REG.items():
        centre = 1.0 if name == "c_u" else 0.0
        penalty += lam * np.sum((rs[name] - centre) ** 2)
    return (actual - predict(rs, Dev)) ** 2 + penalty


def get_gradients(rs, actual, Dev):
    error = actual - predict(rs, Dev)
    return {
        "b_u": -2 * error + 2 * REG["b_u"] * rs["b_u"],
        "alpha_u": -2 * error * Dev + 2 * REG["alpha_u"] * rs["alpha_u"],
        "b_i": -2 * error * rs["c_u"] + 2 * REG["b_i"] * rs["b_i"],
        "c_u": -2 * error * rs["b_i"] + 2 * REG["c_u"] * (rs["c_u"] - 1),
        "q": -2 * error * rs["p"] + 2 * REG["q"] * rs["q"],
        "p": -2 * error * rs["q"] + 2 * REG["p"] * rs["p"],
    }


params = {
    "b_u": np.array(0.4),
    "alpha_u": np.array(-0.3),
    "b_i": np.array(0.5),
    "c_u": np.array(1.2),
    "q": np.array([0.3, -0.8, 0.5]),
    "p": np.array([-0.6, 0.2, 0.9]),
}
x, y = 0.7, 4.0


def rate(params, x, y):
    return get_error(params, y, x), get_gradients(params, y, x)
