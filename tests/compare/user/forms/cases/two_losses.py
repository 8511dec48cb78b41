# A GAN in numpy on 1-d data: generator and discriminator, each with one hidden layer
import numpy as np

rng = np.random.RandomState(42)
lr = 0.01
batch = 16
latent = 3
hidden = 8


def sigmoid(v):
    return 1.0 / (1.0 + np.exp(-v))


G_W1 = rng.randn(latent, hidden) * 0.4
G_b1 = np.zeros((1, hidden))
G_W2 = rng.randn(hidden, 1) * 0.4
G_b2 = np.zeros((1, 1))

D_W1 = rng.randn(1, hidden) * 0.4
D_b1 = np.zeros((1, hidden))
D_W2 = rng.randn(hidden, 1) * 0.4
D_b2 = np.zeros((1, 1))

for epoch in range(200):
    real = rng.normal(4.0, 0.5, size=(batch, 1))
    z = rng.randn(batch, latent)
    # generator
    g_h = np.tanh(z @ G_W1 + G_b1)
    fake = g_h @ G_W2 + G_b2
    # discriminator
    dr_h = np.tanh(real @ D_W1 + D_b1)
    dr = sigmoid(dr_h @ D_W2 + D_b2)
    df_h = np.tanh(fake @ D_W1 + D_b1)
    df = sigmoid(df_h @ D_W2 + D_b2)
    d_loss = -np.mean(np.log(dr) + np.log(1 - df))

    d_r = (dr - 1) / batch
    d_f = df / batch
    dD_W2 = dr_h.T @ d_r + df_h.T @ d_f
    dD_b2 = d_r.sum(axis=0, keepdims=True) + d_f.sum(axis=0, keepdims=True)
    d_rh = d_r @ D_W2.T * (1 - dr_h ** 2)
    d_fh = d_f @ D_W2.T * (1 - df_h ** 2)
    dD_W1 = real.T @ d_rh + fake.T @ d_fh
    dD_b1 = d_rh.sum(axis=0, keepdims=True) + d_fh.sum(axis=0, keepdims=True)

    D_W1 -= lr * dD_W1
    D_b1 -= lr * dD_b1
    D_W2 -= lr * dD_W2
    D_b2 -= lr * dD_b2

    # generator step: -log D(G(z))
    df_h = np.tanh(fake @ D_W1 + D_b1)
    df = sigmoid(df_h @ D_W2 + D_b2)
    g_loss = -np.mean(np.log(df))
    d_g = (df - 1) / batch
    d_gh = d_g @ D_W2.T * (1 - df_h ** 2)
    d_fake = d_gh @ D_W1.T
    dG_W2 = g_h.T @ d_fake
    dG_b2 = d_fake.sum(axis=0, keepdims=True)
    d_zh = d_fake @ G_W2.T * (1 - g_h ** 2)
    dG_W1 = z.T @ d_zh
    dG_b1 = d_zh.sum(axis=0, keepdims=True)
    G_W1 -= lr * dG_W1
    G_b1 -= lr * dG_b1
    G_W2 -= lr * dG_W2
    G_b2 -= lr * dG_b2
    if epoch % 50 == 0:
        print(f"epoch {epoch}: D {d_loss:.4f} G {g_loss:.4f}")
