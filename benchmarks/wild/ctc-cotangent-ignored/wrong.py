import numpy as np

BLANK = 0
labels = [[1, 2], [2]]


def logsumexp(*terms):
    top = max(terms)
    return top + np.log(sum(np.exp(t - top) for t in terms))


def lattice(acts, label):
    steps = len(acts)
    path = [BLANK]
    for k in label:
        path += [k, BLANK]
    size = len(path)
    alpha = np.full((steps, size), -1e30)
    beta = np.full((steps, size), -1e30)
    alpha[0, 0], alpha[0, 1] = acts[0, path[0]], acts[0, path[1]]
    for t in range(1, steps):
        for s in range(size):
            into = [alpha[t - 1, s]]
            if s > 0:
                into.append(alpha[t - 1, s - 1])
            if s > 1 and path[s] != BLANK and path[s] != path[s - 2]:
                into.append(alpha[t - 1, s - 2])
            alpha[t, s] = logsumexp(*into) + acts[t, path[s]]
    beta[-1, -1] = beta[-1, -2] = 0.0
    for t in range(steps - 2, -1, -1):
        for s in range(size):
            out = [beta[t + 1, s] + acts[t + 1, path[s]]]
            if s + 1 < size:
                out.append(beta[t + 1, s + 1] + acts[t + 1, path[s + 1]])
            if s + 2 < size and path[s] != BLANK and path[s] != path[s + 2]:
                out.append(beta[t + 1, s + 2] + acts[t + 1, path[s + 2]])
            beta[t, s] = logsumexp(*out)
    return path, alpha, beta


def ctc_cost(acts):
    costs, kept = np.zeros(len(acts)), []
    for n, label in enumerate(labels):
        path, alpha, beta = lattice(acts[n], label)
        costs[n] = -logsumexp(alpha[-1, -1], alpha[-1, -2])
        kept.append((path, alpha, beta))
    return costs, (costs, kept, acts.shape)


def ctc_grad(output_grads, cache):
    costs, kept, shape = cache
    gradients = np.zeros(shape)
    for n, (path, alpha, beta) in enumerate(kept):
        posterior = np.exp(alpha + beta + costs[n])
        for s, k in enumerate(path):
            gradients[n, :, k] -= posterior[:, s]
    return gradients


ctc = (ctc_cost, ctc_grad)
acts = np.random.default_rng(2).normal(size=(2, 4, 3))
inputs = (acts - np.log(np.exp(acts).sum(axis=2, keepdims=True)),)
