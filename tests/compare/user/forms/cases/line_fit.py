import numpy as np

np.random.seed(100)
x = np.random.rand(50)
y = 3 * x + 2 + 0.1 * np.random.randn(50)

m = 0.0
c = 0.0
L = 0.01
epochs = 100
n = float(len(x))
history = []

for i in range(epochs):
    y_pred = m * x + c
    mse = (1 / n) * sum((y - y_pred) ** 2)
    history.append(mse)
    D_m = (-2 / n) * sum(x * (y - y_pred))
    D_c = (-2 / n) * sum(y - y_pred)
    m = m - L * D_m
    c = c - L * D_c

print(m, c)
