import numpy as np


class neuralNetwork:
    def __init__(self, inputnodes, hiddennodes, outputnodes):
        draw = np.random.RandomState(27)
        self.wih = draw.normal(0.0, hiddennodes**-0.5, (hiddennodes, inputnodes))
        self.who = draw.normal(0.0, outputnodes**-0.5, (outputnodes, hiddennodes))
        self.activation_function = lambda x: 1 / (1 + np.exp(-x))

    def query(self, inputs):
        self.hidden_outputs = self.activation_function(np.dot(self.wih, inputs))
        return self.activation_function(np.dot(self.who, self.hidden_outputs))

    def loss(self, inputs, targets):
        return 0.5 * np.sum((targets - self.query(inputs)) ** 2)

    def gradients(self, inputs, targets):
        final_outputs = self.query(inputs)
        hidden_outputs = self.hidden_outputs
        output_errors = targets - final_outputs
        output_deltas = output_errors * final_outputs * (1.0 - final_outputs)
        hidden_errors = np.dot(self.who.T, output_deltas)
        who = -np.dot(output_deltas, hidden_outputs.T)
        wih = -np.dot(hidden_errors * hidden_outputs * (1.0 - hidden_outputs), inputs.T)
        return {"wih": wih, "who": who}


n = neuralNetwork(4, 3, 2)
inputs = np.random.RandomState(1).uniform(0.01, 1, (4, 5))
targets = np.random.RandomState(2).uniform(0.01, 0.99, (2, 5))


def train(params, inputs, targets):
    n.wih, n.who = params["wih"], params["who"]
    return n.loss(inputs, targets), n.gradients(inputs, targets)


params = {"wih": n.wih, "who": n.who}
