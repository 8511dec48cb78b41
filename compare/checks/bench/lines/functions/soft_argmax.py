"""Spatial softmax: keypoints as expected pixel positions, loops over images and channels, a learned temperature."""
import numpy as np

ROWS, COLS = 4, 3
POS_Y, POS_X = np.meshgrid(np.linspace(-1, 1, ROWS), np.linspace(-1, 1, COLS), indexing='ij')


def expect(p, pos):
    return np.sum(p * pos)


def backward(params, x, y):
    K = params['K']                 # (channels, features)
    temp = params['temp']           # log temperature
    R, r0 = params['R'], params['r0']
    n, nk = len(x), K.shape[0]
    tau = np.exp(temp)

    loss = 0.0
    dK = np.zeros_like(K)
    dR = np.zeros_like(R)
    dr0 = np.zeros_like(r0)
    dtau = 0.0
    for image, target in zip(x, y):
        # forward for one image
        maps, probs, points = [], [], []
        for c in range(nk):
            m = np.tensordot(image, K[c], axes=([2], [0]))
            e = np.exp((m - m.max()) / tau)
            p = e / e.sum()
            maps.append(m)
            probs.append(p)
            points += [expect(p, POS_X), expect(p, POS_Y)]
        f = np.array(points)
        pred = R @ f + r0
        resid = pred - target
        loss += 0.5 * resid @ resid / n

        # backward for the same image
        dpred = resid / n
        dR += np.outer(dpred, f)
        dr0 += dpred
        df = dpred @ R
        for c in range(nk):
            gx, gy = df[2 * c], df[2 * c + 1]
            dp = gx * POS_X + gy * POS_Y
            p, m = probs[c], maps[c]
            ds = p * (dp - np.sum(dp * p))
            dK[c] += np.tensordot(ds / tau, image, axes=([0, 1], [0, 1]))
            dtau -= np.sum(ds * m) / tau ** 2
    return loss, {'K': dK, 'temp': dtau * tau, 'R': dR, 'r0': dr0}


def draw(rng, scale=1.0):
    return {'K': scale * rng.normal(size=(2, 3)), 'temp': np.tanh(scale * rng.normal()),
            'R': scale * rng.normal(size=(2, 4)), 'r0': scale * rng.normal(size=2)}


def batch(rng, n):
    return rng.normal(size=(n, ROWS, COLS, 3)), rng.normal(size=(n, 2))


rng = np.random.default_rng(503)
params = draw(rng)
x, y = batch(rng, 3)
