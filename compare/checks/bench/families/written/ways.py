"""The ways in which one sum is written in hand-made code: as a product, by einsum, by loops over the samples."""

from dataclasses import dataclass
from typing import Any

import numpy as np

PRODUCTS = ("matmul", "einsum", "dot", "loops")
SUMS = ("sum", "einsum", "loops", "in place")
COPIES = ("none", "array", "asarray")


@dataclass(frozen=True)
class Ways:
    """The style in which a drawn function is written.

    product, total: the way of a matrix product and of a sum over the samples.  copies: the first line.
    shifted: whether exponentials are taken after the largest exponent is subtracted.  inside: the type to which
    everything is cast on the first line, or ''.
    """

    product: str = "matmul"
    total: str = "sum"
    copies: str = "none"
    shifted: bool = True
    inside: str = ""

    @property
    def words(self) -> str:
        """Return the style in words."""
        parts = [f"{self.product} products", f"sums by {self.total}"]
        parts += [f"np.{self.copies} first"] * (self.copies != "none") + ["unshifted exp"] * (
            not self.shifted
        )
        return ", ".join(parts + [f"cast to {self.inside}"] * bool(self.inside))

    def first(self, p: dict[str, Any], x: Any) -> tuple[dict[str, Any], Any]:
        """Return the parameters and the batch as the first line leaves them."""
        if self.copies == "array":
            p, x = {n: np.array(v) for n, v in p.items()}, np.array(x)
        elif self.copies == "asarray":
            p, x = {n: np.asarray(v) for n, v in p.items()}, np.asarray(x)
        if self.inside:
            p = {n: v.astype(self.inside) for n, v in p.items()}
            x = x if x.dtype.kind == "i" else x.astype(self.inside)
        return p, x

    def times(self, a: Any, b: Any) -> Any:
        """Return the product of two matrices."""
        if self.product == "einsum":
            return np.einsum("ij,jk->ik", a, b)
        if self.product == "dot":
            return np.dot(a, b)
        if self.product == "loops":
            out = np.zeros((a.shape[0], b.shape[1]), np.result_type(a, b))
            for i in range(a.shape[0]):
                out[i] = a[i] @ b
            return out
        return a @ b

    def outers(self, a: Any, d: Any) -> Any:
        """Return the sum over the samples of the outer products of their rows: the gradient of a weight."""
        if self.product == "einsum":
            return np.einsum("ni,nj->ij", a, d)
        if self.product == "loops":
            out = np.zeros((a.shape[1], d.shape[1]), np.result_type(a, d))
            for i in range(len(a)):
                out += np.outer(a[i], d[i])
            return out
        return np.dot(a.T, d) if self.product == "dot" else a.T @ d

    def over_samples(self, d: Any) -> Any:
        """Return the sum over the samples: the gradient of a bias."""
        if self.total == "einsum":
            return np.einsum("nj->j", d)
        if self.total == "loops":
            out = np.zeros(d.shape[1], d.dtype)
            for i in range(len(d)):
                for j in range(d.shape[1]):
                    out[j] += d[i, j]
            return out
        if self.total == "in place":
            out = np.zeros_like(d[0])
            for row in d:
                out += row
            return out
        return d.sum(axis=0)

    def log_softmax(self, z: Any) -> Any:
        """Return the logarithm of the softmax of each row."""
        if self.shifted:
            z = z - z.max(axis=1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def softmax(self, z: Any) -> Any:
        """Return the softmax of each row."""
        e = np.exp(z - z.max(axis=1, keepdims=True) if self.shifted else z)
        return e / e.sum(axis=1, keepdims=True)


def drawn_ways(rng: np.random.Generator, inside: str = "") -> Ways:
    """Draw a style."""
    product, total, copies = (str(rng.choice(of)) for of in (PRODUCTS, SUMS, COPIES))
    return Ways(product, total, copies, bool(rng.random() < 0.8), inside)
