"""Volume rendering: densities and colours along rays, transmittance by a running sum, compositing walked back from the far end."""
import numpy as np


def field(pts, p):
    """pts (R, S, 3): a small network with two heads."""
    h = np.sin(pts @ p["W"] + p["b"])
    raw = h @ p["ws"]
    sigma = np.logaddexp(0.0, raw)
    rgb = 0.5 * (1 + np.tanh(h @ p["Wc"]))
    return sigma, rgb, (pts, h, raw, rgb)


def field_backward(dsigma, drgb, cache, p):
    pts, h, raw, rgb = cache
    draw_ = dsigma * 0.5 * (1 + np.tanh(raw / 2))
    dcol = drgb * 2 * rgb * (1 - rgb)
    dws = np.einsum("rs,rsh->h", draw_, h)
    dWc = np.einsum("rsh,rsc->hc", h, dcol)
    dh = draw_[..., None] * p["ws"] + dcol @ p["Wc"].T
    dpre = dh * np.cos(pts @ p["W"] + p["b"])
    return {"W": np.einsum("rsd,rsh->dh", pts, dpre), "b": dpre.sum(axis=(0, 1)), "ws": dws, "Wc": dWc}


def composite(sigma, rgb, step):
    tau = sigma * step
    alpha = 1 - np.exp(-tau)
    before = np.cumsum(tau, axis=1) - tau
    trans = np.exp(-before)
    weights = trans * alpha
    return np.sum(weights[..., None] * rgb, axis=1), (tau, alpha, trans, weights, rgb)


def composite_backward(dpixel, cache, step):
    tau, alpha, trans, weights, rgb = cache
    drgb = weights[..., None] * dpixel[:, None, :]
    dweights = np.sum(rgb * dpixel[:, None, :], axis=2)
    dalpha = dweights * trans
    dtrans = dweights * alpha
    dtau = dalpha * np.exp(-tau)
    dbefore = -dtrans * trans
    # every sample is behind those in front of it
    behind = np.cumsum(dbefore[:, ::-1], axis=1)[:, ::-1] - dbefore
    dtau += behind
    return dtau * step, drgb


def backward(params, rays, pixels):
    origins, directions = rays
    depths = np.linspace(0.5, 2.0, 4)
    step = depths[1] - depths[0]
    pts = origins[:, None, :] + depths[None, :, None] * directions[:, None, :]
    sigma, rgb, cache_f = field(pts, params)
    image, cache_c = composite(sigma, rgb, step)
    err = image - pixels
    loss = np.mean(err ** 2)

    dimage = 2 * err / err.size
    dsigma, drgb = composite_backward(dimage, cache_c, step)
    return loss, field_backward(dsigma, drgb, cache_f, params)


def draw(rng, scale=1.0):
    shapes = {"W": (3, 4), "b": (4,), "ws": (4,), "Wc": (4, 3)}
    return {k: scale * rng.normal(size=s) for k, s in shapes.items()}


def batch(rng, n):
    return (rng.normal(size=(n, 3)), rng.normal(size=(n, 3))), rng.random(size=(n, 3))


rng = np.random.default_rng(67)
params = draw(rng)
x, y = batch(rng, 3)
