import numpy as np

rng = np.random.default_rng(20)
theta = rng.normal(size=(3, 2)) * 0.5
states = rng.normal(size=(6, 3))
actions = np.array([0, 1, 1, 0, 1, 0])
rewards = np.array([1.0, 0.0, 2.0, -1.0, 0.5, 1.0])
gamma = 0.9


def discounted(rewards):
    gs, running_g = [], 0.0
    for R in rewards[::-1]:
        running_g = R + gamma * running_g
        gs.insert(0, running_g)
    return np.array(gs)


def policy(theta):
    logits = states @ theta
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def objective(theta):
    log_probs = np.log(policy(theta)[np.arange(6), actions])
    return -np.sum(log_probs * discounted(rewards))


def objective_grad(theta):
    grad_logits = policy(theta)
    grad_logits[np.arange(6), actions] -= 1
    deltas = discounted(rewards)
    return states.T @ (grad_logits * deltas.mean())
