import numpy as np

LEARNING_RATE = 0.5
EPOCHS = 200

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
expected = np.array([[0], [1], [1], [0]], dtype=float)

np.random.seed(5)
hidden_weights = np.random.uniform(size=(2, 3))
hidden_bias = np.random.uniform(size=(1, 3))
output_weights = np.random.uniform(size=(3, 1))
output_bias = np.random.uniform(size=(1, 1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    return x * (1 - x)


def forward():
    global hidden_out, predicted
    hidden_out = sigmoid(np.dot(inputs, hidden_weights) + hidden_bias)
    predicted = sigmoid(np.dot(hidden_out, output_weights) + output_bias)
    return predicted


def error():
    return 0.5 * np.sum((expected - predicted) ** 2)


def backward():
    global hidden_weights, hidden_bias, output_weights, output_bias
    delta_out = (expected - predicted) * sigmoid_derivative(predicted)
    delta_hidden = delta_out.dot(output_weights.T) * sigmoid_derivative(hidden_out)
    output_weights = output_weights + hidden_out.T.dot(delta_out) * LEARNING_RATE
    output_bias = output_bias + np.sum(delta_out, axis=0, keepdims=True) * LEARNING_RATE
    hidden_weights = hidden_weights + inputs.T.dot(delta_hidden) * LEARNING_RATE
    hidden_bias = hidden_bias + np.sum(delta_hidden, axis=0, keepdims=True) * LEARNING_RATE


for epoch in range(EPOCHS):
    forward()
    err = error()
    backward()
    if epoch % 50 == 0:
        print("Error:", err)

print("Output after training:", predicted.ravel())
