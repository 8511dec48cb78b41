"""Optimal control: a saturated policy through pendulum dynamics, states in a list, costates backward in time, cost at every step."""
import numpy as np

DT, TORQUE, DAMP = 0.1, 2.0, 0.3
COST_Q = np.array([1.0, 0.1])
COST_R = 0.05


def dynamics(state, u):
    angle, speed = state
    accel = np.sin(angle) - DAMP * speed + u
    return np.array([angle + DT * speed, speed + DT * accel])


def dynamics_jac(state):
    angle, _ = state
    A = np.array([[1.0, DT], [DT * np.cos(angle), 1 - DT * DAMP]])
    B = np.array([0.0, DT])
    return A, B


def policy(K, k, state):
    raw = K @ state + k
    squashed = np.tanh(raw)
    return raw, squashed, TORQUE * squashed.mean()


def backward(params, x, y):
    """x: reference angles by time. y: the initial state."""
    K, k, terminal = params['K'], params['k'], params['terminal']
    horizon = len(x)
    states = [np.asarray(y)]
    acts = []
    J = 0.0
    for t in range(horizon):
        raw, sq, u = policy(K, k, states[-1])
        dev = states[-1] - np.array([x[t], 0.0])
        J += (COST_Q @ dev ** 2 + COST_R * u ** 2) / horizon
        acts.append((sq, u, dev))
        states.append(dynamics(states[-1], u))
    final = states[-1]
    J += 0.5 * (terminal @ final) ** 2

    lam = (terminal @ final) * terminal
    dterminal = (terminal @ final) * final
    dK = np.zeros_like(K)
    dk = np.zeros_like(k)
    for t in reversed(range(horizon)):
        sq, u, dev = acts[t]
        A, B = dynamics_jac(states[t])
        du = B @ lam + 2 * COST_R * u / horizon
        draw_ = du * TORQUE / len(k) * (1 - sq ** 2)
        dK += np.outer(draw_, states[t])
        dk += draw_
        lam = A.T @ lam + K.T @ draw_ + 2 * COST_Q * dev / horizon
    return J, {'K': dK, 'k': dk, 'terminal': dterminal}


def draw(rng, scale=1.0):
    return {'K': scale * rng.normal(size=(3, 2)), 'k': scale * rng.normal(size=3), 'terminal': scale * rng.normal(size=2)}


def batch(rng, n):
    return 0.5 * rng.normal(size=n), rng.normal(size=2)


rng = np.random.default_rng(606)
params = draw(rng)
x, y = batch(rng, 6)
