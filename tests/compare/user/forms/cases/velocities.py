import numpy as np
np.random.seed(7)

# hyper parameters
learning_rate = 1e-2
momentum = 0.9
clip = 5.0
n_hidden = 6

inputs = np.random.uniform(-1, 1, (40, 3))
targets = np.tanh(inputs @ np.array([[1.0], [-2.0], [0.5]])) + 0.1

weights_ih = np.random.randn(3, n_hidden) * 0.4
weights_ho = np.random.randn(n_hidden, 1) * 0.4
bias_h = np.zeros((1, n_hidden))
bias_o = np.zeros((1, 1))
vel_ih = np.zeros_like(weights_ih)
vel_ho = np.zeros_like(weights_ho)
vel_bh = np.zeros_like(bias_h)
vel_bo = np.zeros_like(bias_o)

for epoch in range(5000):
    hidden_in = inputs @ weights_ih + bias_h
    hidden_out = np.log1p(np.exp(hidden_in))
    output = hidden_out @ weights_ho + bias_o
    error = output - targets
    mse = np.mean(error ** 2)

    grad_out = 2 * error / len(inputs)
    grad_ho = hidden_out.T @ grad_out
    grad_bo = grad_out.sum(axis=0, keepdims=True)
    grad_hidden = grad_out @ weights_ho.T
    grad_hidden_in = grad_hidden / (1 + np.exp(-hidden_in))
    grad_ih = inputs.T @ grad_hidden_in
    grad_bh = grad_hidden_in.sum(axis=0, keepdims=True)

    for g in (grad_ih, grad_ho, grad_bh, grad_bo):
        np.clip(g, -clip, clip, out=g)

    vel_ih = momentum * vel_ih - learning_rate * grad_ih
    vel_ho = momentum * vel_ho - learning_rate * grad_ho
    vel_bh = momentum * vel_bh - learning_rate * grad_bh
    vel_bo = momentum * vel_bo - learning_rate * grad_bo
    weights_ih += vel_ih
    weights_ho += vel_ho
    bias_h += vel_bh
    bias_o += vel_bo

    if epoch % 500 == 0:
        print("epoch", epoch, "mse", mse)
