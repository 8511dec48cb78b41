import random
import math

random.seed(3)

def sigmoid(v):
    return 1.0 / (1.0 + math.exp(-v))

data = [([0.0, 0.2], 0.1), ([0.3, 1.0], 0.9), ([1.0, 0.1], 0.8), ([0.9, 1.0], 0.2)]
n_in, n_hid = 2, 3
w1 = [[random.uniform(-1, 1) for _ in range(n_in)] for _ in range(n_hid)]
b1 = [random.uniform(-1, 1) for _ in range(n_hid)]
w2 = [random.uniform(-1, 1) for _ in range(n_hid)]
b2 = random.uniform(-1, 1)
lr = 0.5

for epoch in range(2000):
    total = 0.0
    dw1 = [[0.0] * n_in for _ in range(n_hid)]
    db1 = [0.0] * n_hid
    dw2 = [0.0] * n_hid
    db2 = 0.0
    for x, t in data:
        h = [sigmoid(sum(w1[j][i] * x[i] for i in range(n_in)) + b1[j]) for j in range(n_hid)]
        o = sigmoid(sum(w2[j] * h[j] for j in range(n_hid)) + b2)
        total += 0.5 * (o - t) ** 2
        delta_o = (o - t) * o * (1 - o)
        for j in range(n_hid):
            dw2[j] += delta_o * h[j]
            delta_h = delta_o * w2[j] * h[j] * (1 - h[j])
            db1[j] += delta_h
            for i in range(n_in):
                dw1[j][i] += delta_h * x[i]
        db2 += delta_o
    for j in range(n_hid):
        w2[j] -= lr * dw2[j]
        b1[j] -= lr * db1[j]
        for i in range(n_in):
            w1[j][i] -= lr * dw1[j][i]
    b2 -= lr * db2
    if epoch % 100 == 0:
        print(epoch, total)
