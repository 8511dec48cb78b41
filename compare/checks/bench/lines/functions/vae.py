"""Variational autoencoder: the reparametrisation with a given draw in y, columns as samples, two terms of the loss."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def backward(params, x, y):
    We, be = params['We'], params['be']
    Wm, bm, Ws, bs = params['Wm'], params['bm'], params['Ws'], params['bs']
    Wd, bd, Wx, bx = params['Wd'], params['bd'], params['Wx'], params['bx']
    eps = y
    m = x.shape[1]

    # encoder
    H = np.tanh(We @ x + be)
    mu = Wm @ H + bm
    logvar = np.tanh(Ws @ H + bs)
    std = np.exp(0.5 * logvar)
    Z = mu + std * eps
    # decoder
    D = np.tanh(Wd @ Z + bd)
    X = Wx @ D + bx
    rec = np.sum(np.logaddexp(0, X) - x * X) / m
    kl = -0.5 * np.sum(1 + logvar - mu ** 2 - np.exp(logvar)) / m
    loss = rec + kl

    # decoder, backwards
    dX = (sigmoid(X) - x) / m
    dWx, dbx = dX @ D.T, dX.sum(axis=1, keepdims=True)
    dD = Wx.T @ dX
    dpre = dD * (1 - D ** 2)
    dWd, dbd = dpre @ Z.T, np.sum(dpre, axis=1, keepdims=True)
    dZ = Wd.T @ dpre
    # the sample and the divergence
    dmu = dZ + mu / m
    dlogvar = dZ * eps * std * 0.5 + 0.5 * (np.exp(logvar) - 1) / m
    ds = dlogvar * (1 - logvar ** 2)
    dWm, dbm = dmu @ H.T, dmu.sum(axis=1, keepdims=True)
    dWs, dbs = ds @ H.T, ds.sum(axis=1, keepdims=True)
    # encoder
    dH = Wm.T @ dmu + Ws.T @ ds
    dH *= 1 - H ** 2
    dWe, dbe = dH @ x.T, dH.sum(axis=1, keepdims=True)
    return loss, {'We': dWe, 'be': dbe, 'Wm': dWm, 'bm': dbm, 'Ws': dWs, 'bs': dbs,
                  'Wd': dWd, 'bd': dbd, 'Wx': dWx, 'bx': dbx}


def draw(rng, scale=1.0):
    i, h, z = 5, 5, 2
    shapes = {'We': (h, i), 'be': (h, 1), 'Wm': (z, h), 'bm': (z, 1), 'Ws': (z, h), 'bs': (z, 1),
              'Wd': (h, z), 'bd': (h, 1), 'Wx': (i, h), 'bx': (i, 1)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return rng.uniform(size=(5, n)), rng.normal(size=(2, n))


rng = np.random.default_rng(17)
params = draw(rng)
x, y = batch(rng, 5)
