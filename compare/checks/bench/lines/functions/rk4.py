"""Runge-Kutta: rates of a predator-prey system fitted to observed populations, four stages with their adjoints, log parameters."""
import numpy as np

H = 0.2


def rates(state, theta):
    prey, pred = state
    a, b, c, d = theta
    return np.array([a * prey - b * prey * pred, d * prey * pred - c * pred])


def rates_vjp(state, theta, v):
    """Return v . d rates / d state and v . d rates / d theta."""
    prey, pred = state
    a, b, c, d = theta
    v0, v1 = v
    by_state = np.array([v0 * (a - b * pred) + v1 * d * pred,
                         -v0 * b * prey + v1 * (d * prey - c)])
    by_theta = np.array([v0 * prey, -v0 * prey * pred, -v1 * pred, v1 * prey * pred])
    return by_state, by_theta


def step(s, theta):
    k1 = rates(s, theta)
    k2 = rates(s + H / 2 * k1, theta)
    k3 = rates(s + H / 2 * k2, theta)
    k4 = rates(s + H * k3, theta)
    return s + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4), (k1, k2, k3)


def step_vjp(s, ks, theta, v):
    k1, k2, k3 = ks
    g4, t4 = rates_vjp(s + H * k3, theta, H / 6 * v)
    g3, t3 = rates_vjp(s + H / 2 * k2, theta, H / 3 * v + H * g4)
    g2, t2 = rates_vjp(s + H / 2 * k1, theta, H / 3 * v + H / 2 * g3)
    g1, t1 = rates_vjp(s, theta, H / 6 * v + H / 2 * g2)
    return v + g1 + g2 + g3 + g4, t1 + t2 + t3 + t4


def backward(params, x, y=None):
    log_theta, log_start = params
    theta, start = np.exp(log_theta), np.exp(log_start)
    traj, stages = [start], []
    for _ in range(len(x)):
        nxt, ks = step(traj[-1], theta)
        traj.append(nxt)
        stages.append(ks)
    loss = 0.0
    for t, obs in enumerate(x, start=1):
        loss += np.sum((traj[t] - obs) ** 2) / len(x)

    v = np.zeros(2)
    dtheta = np.zeros(4)
    for t in range(len(x), 0, -1):
        v = v + 2 * (traj[t] - x[t - 1]) / len(x)
        v, dt = step_vjp(traj[t - 1], stages[t - 1], theta, v)
        dtheta += dt
    return loss, [dtheta * theta, v * start]


def draw(rng, scale=1.0):
    return [0.5 * np.tanh(scale * rng.normal(size=4)), 0.5 * np.tanh(scale * rng.normal(size=2))]


def batch(rng, n):
    return np.exp(0.3 * rng.normal(size=(min(n, 20), 2))), None


rng = np.random.default_rng(607)
params = draw(rng)
x, y = batch(rng, 5)
