"""Squeeze and excitation: channel gates from pooled maps, channels first, one operation per line, *_grad names, hard swish."""
import numpy as np


def hswish(u):
    return u * np.clip(u + 3, 0, 6) / 6


def hswish_slope(u):
    inside = np.abs(u) < 3
    slope = np.where(u >= 3, 1.0, 0.0)
    slope[inside] = (2 * u[inside] + 3) / 6
    return slope


def backward(params, x, y):
    w_mix = params['w_mix']
    w_down = params['w_down']
    b_down = params['b_down']
    w_up = params['w_up']
    b_up = params['b_up']
    w_cls = params['w_cls']
    n, _, hh, ww = x.shape
    area = hh * ww

    feat_pre = np.einsum('oc,nchw->nohw', w_mix, x)
    feat = hswish(feat_pre)
    squeezed = feat.mean(axis=(2, 3))
    low_pre = squeezed @ w_down + b_down
    low = np.log1p(np.exp(-np.abs(low_pre))) + np.maximum(low_pre, 0)
    gate_pre = low @ w_up + b_up
    gate = 1.0 / (1.0 + np.exp(-gate_pre))
    scaled = feat * gate[:, :, None, None]
    pooled = scaled.reshape(n, -1, area).mean(axis=2)
    logit = pooled @ w_cls
    # labels are +1 and -1
    margin = y * logit
    loss = np.logaddexp(0, -margin).sum() / n

    logit_grad = -y / (1 + np.exp(margin)) / n
    w_cls_grad = pooled.T @ logit_grad
    pooled_grad = logit_grad[:, None] * w_cls[None, :]
    scaled_grad = np.broadcast_to(pooled_grad[:, :, None, None] / area, scaled.shape)
    gate_grad = np.sum(scaled_grad * feat, axis=(2, 3))
    gate_pre_grad = gate_grad * gate
    gate_pre_grad *= 1 - gate
    w_up_grad = low.T @ gate_pre_grad
    b_up_grad = gate_pre_grad.sum(axis=0)
    low_grad = gate_pre_grad @ w_up.T
    low_pre_grad = low_grad / (1 + np.exp(-low_pre))
    w_down_grad = squeezed.T @ low_pre_grad
    b_down_grad = low_pre_grad.sum(axis=0)
    squeezed_grad = low_pre_grad @ w_down.T
    feat_grad = scaled_grad * gate[:, :, None, None]
    feat_grad += squeezed_grad[:, :, None, None] / area
    feat_pre_grad = feat_grad * hswish_slope(feat_pre)
    w_mix_grad = np.einsum('nohw,nchw->oc', feat_pre_grad, x)
    return loss, dict(w_mix=w_mix_grad, w_down=w_down_grad, b_down=b_down_grad, w_up=w_up_grad, b_up=b_up_grad,
                      w_cls=w_cls_grad)


def draw(rng, scale=1.0):
    shapes = dict(w_mix=(4, 2), w_down=(4, 2), b_down=(2,), w_up=(2, 4), b_up=(4,), w_cls=(4,))
    return {key: scale * rng.normal(size=shape) for key, shape in shapes.items()}


def batch(rng, n):
    return rng.normal(size=(n, 2, 3, 3)), np.sign(rng.normal(size=n))


rng = np.random.default_rng(505)
params = draw(rng)
x, y = batch(rng, 4)
