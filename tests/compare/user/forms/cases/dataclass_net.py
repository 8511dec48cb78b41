from __future__ import annotations
from dataclasses import dataclass, field
import numpy as np

@dataclass
class TinyNet:
    n_in: int = 3
    n_hidden: int = 5
    n_out: int = 1
    seed: int = 0
    W1: np.ndarray = field(init=False)
    b1: np.ndarray = field(init=False)
    W2: np.ndarray = field(init=False)
    b2: np.ndarray = field(init=False)
    grads: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.W1 = rng.normal(0, 0.5, (self.n_in, self.n_hidden))
        self.b1 = rng.normal(0, 0.1, self.n_hidden)
        self.W2 = rng.normal(0, 0.5, (self.n_hidden, self.n_out))
        self.b2 = rng.normal(0, 0.1, self.n_out)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self._x = x
        self._z = x @ self.W1 + self.b1
        self._h = np.log1p(np.exp(self._z))  # softplus
        return self._h @ self.W2 + self.b2

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean((self.forward(x) - y) ** 2))

    def backward(self, y: np.ndarray) -> dict[str, np.ndarray]:
        out = self._h @ self.W2 + self.b2
        d_out = 2.0 * (out - y) / y.size
        d_h = d_out @ self.W2.T
        d_z = d_h / (1.0 + np.exp(-self._z))
        self.grads = {
            "W2": self._h.T @ d_out,
            "b2": d_out.sum(axis=0),
            "W1": self._x.T @ d_z,
            "b1": d_z.sum(axis=0),
        }
        return self.grads


def train(net: TinyNet, x: np.ndarray, y: np.ndarray, *, lr: float = 1e-2, epochs: int = 200) -> list[float]:
    losses: list[float] = []
    for _ in range(epochs):
        losses.append(net.loss(x, y))
        for name, grad in net.backward(y).items():
            setattr(net, name, getattr(net, name) - lr * grad)
    return losses


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    x = rng.normal(size=(32, 3))
    y = np.sin(x[:, :1]) + x[:, 1:2] * x[:, 2:]
    losses = train(TinyNet(), x, y)
    print(f"{losses[0]:.3f} -> {losses[-1]:.3f}")
