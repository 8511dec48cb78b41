import numpy as np

rng = np.random.default_rng(3)
images = rng.random((7, 5))
labels = np.eye(3)[rng.integers(0, 3, 7)]
w_i_h = rng.uniform(-0.5, 0.5, (4, 5))
w_h_o = rng.uniform(-0.5, 0.5, (3, 4))
b_i_h = rng.uniform(-0.5, 0.5, (4, 1))
b_h_o = rng.uniform(-0.5, 0.5, (3, 1))
learn_rate = 0.01

for img, l in zip(images, labels):
    img = img.reshape(-1, 1)
    l = l.reshape(-1, 1)
    h_pre = b_i_h + w_i_h @ img
    h = 1 / (1 + np.exp(-h_pre))
    o_pre = b_h_o + w_h_o @ h
    o = 1 / (1 + np.exp(-o_pre))
    cost = 0.5 * np.sum((o - l) ** 2, axis=0)[0]
    delta_o = o - l
    grad_w_h_o = delta_o @ h.T
    grad_b_h_o = delta_o
    delta_h = w_h_o.T @ delta_o * (h * (1 - h))
    grad_w_i_h = delta_h @ img.T
    grad_b_i_h = delta_h
    w_h_o -= learn_rate * grad_w_h_o
    b_h_o -= learn_rate * grad_b_h_o
    w_i_h -= learn_rate * grad_w_i_h
    b_i_h -= learn_rate * grad_b_i_h
