"""Policy gradient: the REINFORCE surrogate of given episodes, discounted returns normalised, entropy bonus, stacked rows."""
import numpy as np

gamma, beta = 0.95, 0.05


def discount_rewards(r):
    discounted = np.zeros(len(r))
    running_add = 0.0
    for t in reversed(range(len(r))):
        running_add = running_add * gamma + r[t]
        discounted[t] = running_add
    return discounted


def policy_forward(model, x):
    h = np.dot(x, model['W1'])
    h[h < 0] = 0
    logits = np.dot(h, model['W2'])
    logits -= logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return logp, h


def policy_backward(model, eph, epx, epdlogp):
    dW2 = np.dot(eph.T, epdlogp)
    dh = np.dot(epdlogp, model['W2'].T)
    dh[eph <= 0] = 0
    dW1 = np.dot(epx.T, dh)
    return {'W1': dW1, 'W2': dW2}


def backward(params, x, y):
    actions, rewards = y[:, 0].astype(int), y[:, 1]
    T = len(x)
    advantage = discount_rewards(rewards)
    advantage -= np.mean(advantage)
    advantage /= np.std(advantage) + 1e-8
    logp, h = policy_forward(params, x)
    p = np.exp(logp)
    entropy = -np.sum(p * logp, axis=1)
    loss = -np.mean(advantage * logp[np.arange(T), actions] + beta * entropy)

    dlogits = p.copy()
    dlogits[np.arange(T), actions] -= 1
    dlogits *= advantage[:, None] / T
    dlogits += beta * p * (logp + entropy[:, None]) / T
    return loss, policy_backward(params, h, x, dlogits)


def draw(rng, scale=1.0):
    return {'W1': scale * rng.normal(size=(4, 6)), 'W2': scale * rng.normal(size=(6, 3))}


def batch(rng, n):
    return rng.normal(size=(n, 4)), np.column_stack([rng.integers(0, 3, n), rng.normal(size=n)])


rng = np.random.default_rng(36)
params = draw(rng)
x, y = batch(rng, 8)
