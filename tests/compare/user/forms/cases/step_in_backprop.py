import numpy as np
from collections import defaultdict

settings = {"n": 5, "window": 2, "epochs": 10, "eta": 0.05, "neg": 3, "seed": 9}
corpus = [["the", "cat", "sat", "on", "the", "mat", "while", "a", "dog", "slept", "under", "the", "table"]]


class Word2Vec:
    """Skip-gram with a full softmax."""

    def __init__(self):
        self.n = settings["n"]
        self.eta = settings["eta"]
        self.epochs = settings["epochs"]
        self.window = settings["window"]

    def generate_training_data(self, corpus):
        counts = defaultdict(int)
        for row in corpus:
            for word in row:
                counts[word] += 1
        self.words = sorted(counts)
        self.v_count = len(self.words)
        self.index = {w: i for i, w in enumerate(self.words)}
        training = []
        for sentence in corpus:
            for i, word in enumerate(sentence):
                target = self.onehot(word)
                context = [self.onehot(sentence[j]) for j in range(i - self.window, i + self.window + 1)
                           if j != i and 0 <= j < len(sentence)]
                training.append([target, context])
        return training

    def onehot(self, word):
        vec = np.zeros(self.v_count)
        vec[self.index[word]] = 1
        return vec

    def softmax(self, u):
        e = np.exp(u - np.max(u))
        return e / e.sum()

    def forward_pass(self, x):
        h = self.w1.T @ x
        u = self.w2.T @ h
        return self.softmax(u), h, u

    def backprop(self, err, h, x):
        dl_dw2 = np.outer(h, err)
        dl_dw1 = np.outer(x, self.w2 @ err)
        self.w1 = self.w1 - self.eta * dl_dw1
        self.w2 = self.w2 - self.eta * dl_dw2

    def train(self, training_data):
        rng = np.random.default_rng(settings["seed"])
        self.w1 = rng.uniform(-0.8, 0.8, (self.v_count, self.n))
        self.w2 = rng.uniform(-0.8, 0.8, (self.n, self.v_count))
        for epoch in range(self.epochs):
            self.loss = 0
            for w_t, w_c in training_data:
                y_pred, h, u = self.forward_pass(w_t)
                err = np.sum([y_pred - word for word in w_c], axis=0)
                self.backprop(err, h, w_t)
                self.loss += -np.sum([u[np.argmax(word)] for word in w_c]) + len(w_c) * np.log(np.sum(np.exp(u)))
            print("EPOCH:", epoch, "LOSS:", self.loss)


w2v = Word2Vec()
data = w2v.generate_training_data(corpus)
w2v.train(data)
