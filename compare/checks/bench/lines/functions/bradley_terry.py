"""Pairwise comparisons with ties: Davidson's extension of Bradley-Terry, home advantage, one loop over games, a penalty."""
import numpy as np

LAMBDA = 0.05


def backward(params, games, outcomes):
    skill, home, log_nu = params["skill"], params["home"], params["log_nu"]
    nu = np.exp(np.tanh(log_nu))
    grad_skill = np.zeros_like(skill)
    grad_home, grad_nu = 0.0, 0.0
    nll = 0.0
    for (i, j), result in zip(games, outcomes):
        d = np.tanh(skill[i]) - np.tanh(skill[j]) + np.tanh(home)
        up, down, draw_ = np.exp(d / 2), np.exp(-d / 2), nu
        total = up + down + draw_
        p_win, p_loss, p_draw = up / total, down / total, draw_ / total
        # logits of the three outcomes are d/2, -d/2, log nu
        if result == 2:
            nll -= np.log(p_win)
            g_win, g_loss, g_draw = p_win - 1, p_loss, p_draw
        elif result == 0:
            nll -= np.log(p_loss)
            g_win, g_loss, g_draw = p_win, p_loss - 1, p_draw
        else:
            nll -= np.log(p_draw)
            g_win, g_loss, g_draw = p_win, p_loss, p_draw - 1
        g_d = (g_win - g_loss) / 2
        grad_skill[i] += g_d
        grad_skill[j] -= g_d
        grad_home += g_d
        grad_nu += g_draw / nu
    n = len(games)
    loss = nll / n + 0.5 * LAMBDA * np.sum(skill ** 2)
    grads = {
        "skill": grad_skill * (1 - np.tanh(skill) ** 2) / n + LAMBDA * skill,
        "home": grad_home * (1 - np.tanh(home) ** 2) / n,
        "log_nu": grad_nu * nu * (1 - np.tanh(log_nu) ** 2) / n,
    }
    return loss, grads


def draw(rng, scale=1.0):
    return {"skill": scale * rng.normal(size=5), "home": scale * rng.normal(), "log_nu": scale * rng.normal()}


def batch(rng, n):
    pairs = np.array([rng.permutation(5)[:2] for _ in range(n)])
    return pairs, rng.integers(0, 3, size=n)


rng = np.random.default_rng(61)
params = draw(rng)
x, y = batch(rng, 9)
