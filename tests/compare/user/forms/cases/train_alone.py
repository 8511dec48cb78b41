import numpy as np


class Perceptron:
    """Three layers; everything happens in train()."""

    def __init__(self, input_nodes, hidden_nodes, output_nodes, learning_rate):
        self.rate = learning_rate
        rng = np.random.default_rng(11)
        self.wih = rng.normal(0.0, input_nodes ** -0.5, (hidden_nodes, input_nodes))
        self.who = rng.normal(0.0, hidden_nodes ** -0.5, (output_nodes, hidden_nodes))
        self.activation = lambda v: 1 / (1 + np.exp(-v))

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden_outputs = self.activation(np.dot(self.wih, inputs))
        final_outputs = self.activation(np.dot(self.who, hidden_outputs))
        errors = targets - final_outputs
        self.cost = 0.5 * np.sum(errors ** 2)
        output_delta = errors * final_outputs * (1 - final_outputs)
        hidden_errors = np.dot(self.who.T, output_delta)
        self.who += self.rate * np.dot(output_delta, hidden_outputs.T)
        self.wih += self.rate * np.dot(hidden_errors * hidden_outputs * (1 - hidden_outputs), inputs.T)
        return self.cost

    def query(self, inputs_list):
        inputs = np.array(inputs_list, ndmin=2).T
        return self.activation(self.who @ self.activation(self.wih @ inputs))


net = Perceptron(4, 6, 3, 0.2)
rng = np.random.default_rng(0)
samples = rng.uniform(0, 1, (30, 4))
labels = rng.integers(0, 3, 30)
for epoch in range(3):
    for sample, label in zip(samples, labels):
        target = np.full(3, 0.01)
        target[label] = 0.99
        cost = net.train(sample, target)
print(cost)
