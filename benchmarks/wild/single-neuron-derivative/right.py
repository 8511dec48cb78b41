from numpy import array, dot, exp, random


class NeuralNetwork:
    def __init__(self):
        random.seed(1)
        self.synaptic_weights = 2 * random.random((3, 1)) - 1

    def __sigmoid(self, x):
        return 1 / (1 + exp(-x))

    def __sigmoid_derivative(self, x):
        return x * (1 - x)

    def think(self, inputs):
        return self.__sigmoid(dot(inputs, self.synaptic_weights))

    def loss(self, inputs, wanted):
        return 0.5 * ((self.think(inputs) - wanted) ** 2).sum()

    def gradient(self, inputs, wanted):
        output = self.think(inputs)
        error = output - wanted
        return dot(inputs.T, error * self.__sigmoid_derivative(output))


net = NeuralNetwork()
X = array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
y = array([[0, 1, 1, 0]]).T
