"""Clipped policy objective: GAE by a reversed loop, categorical actor and critic in one trunk, a dict of deltas filled with setdefault."""
import numpy as np

CLIP, VF, ENT = 0.2, 0.5, 0.01
GAMMA, LAM = 0.9, 0.8


def advantages(rewards, old_values):
    adv, run = [], 0.0
    following = 0.0
    for r, v in zip(reversed(rewards), reversed(old_values)):
        delta = r + GAMMA * following - v
        run = delta + GAMMA * LAM * run
        adv.append(run)
        following = v
    return np.array(adv[::-1])


def add(store, key, value):
    store[key] = store.setdefault(key, 0) + value


def backward(params, x, y):
    actions, old_logp, rewards, old_values = (y[k] for k in ('actions', 'logp', 'rewards', 'values'))
    steps = len(actions)
    A = advantages(rewards, old_values)
    R = A + old_values
    weights = A / (np.abs(A).mean() + 1e-3)

    pre = x @ params['trunk'] + params['trunk_b']
    h = np.tanh(pre)
    logits = h @ params['actor']
    value = (h @ params['critic'])[:, 0]
    logits = logits - logits.max(axis=-1, keepdims=True)
    logp_all = logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))
    p = np.exp(logp_all)
    logp = logp_all[np.arange(steps), actions]
    ratio = np.exp(logp - old_logp)
    plain = ratio * weights
    clipped = np.clip(ratio, 1 - CLIP, 1 + CLIP) * weights
    policy_loss = -np.mean(np.minimum(plain, clipped))
    value_loss = np.mean((value - R) ** 2)
    entropy = -np.sum(p * logp_all, axis=1)
    loss = policy_loss + VF * value_loss - ENT * entropy.mean()

    grads = {}
    active = (plain <= clipped).astype(x.dtype)
    d_logp = -active * weights * ratio / steps
    hot = np.eye(logits.shape[1])[actions]
    d_logits = d_logp[:, None] * (hot - p)
    d_logits += ENT / steps * p * (logp_all + entropy[:, None])
    d_value = 2 * VF * (value - R) / steps
    add(grads, 'actor', h.T @ d_logits)
    add(grads, 'critic', h.T @ d_value[:, None])
    d_h = d_logits @ params['actor'].T
    d_h += d_value[:, None] @ params['critic'].T
    d_pre = d_h * (1 - h ** 2)
    for t in range(steps):
        add(grads, 'trunk', np.outer(x[t], d_pre[t]))
        add(grads, 'trunk_b', d_pre[t])
    return loss, grads


def draw(rng, scale=1.0):
    return {'trunk': scale * rng.normal(size=(3, 4)), 'trunk_b': scale * rng.normal(size=4),
            'actor': scale * rng.normal(size=(4, 3)), 'critic': scale * rng.normal(size=(4, 1))}


def batch(rng, n):
    actions = rng.integers(0, 3, n)
    rollout = {'actions': actions, 'logp': -0.5 - rng.uniform(size=n), 'rewards': rng.normal(size=n)}
    rollout['values'] = 0.5 * rng.normal(size=n)
    return rng.normal(size=(n, 3)), rollout


rng = np.random.default_rng(512)
params = draw(rng)
x, y = batch(rng, 7)
