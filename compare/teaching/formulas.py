"""The formulas of activations and criteria: in LaTeX for the sheet, in Python for the test that holds them to the code.

z, a, y stand for one entry (softmax and the cross-entropies: for one sample); M is the number of outputs.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """tex: the function.  slope: its derivative.  code, slope_code: the same as NumPy expressions of z (or a, y)."""

    tex: str
    slope: str
    code: str
    slope_code: str


ACTIVATIONS = {
    "sigmoid": Formula(
        r"\sigma(z) = \frac{1}{1 + e^{-z}}",
        r"\sigma'(z) = \sigma(z) \, (1 - \sigma(z))",
        "1 / (1 + exp(-z))",
        "1 / (1 + exp(-z)) * (1 - 1 / (1 + exp(-z)))",
    ),
    "tanh": Formula(r"f(z) = \tanh z", r"f'(z) = 1 - \tanh^2 z", "tanh(z)", "1 - tanh(z)**2"),
    "relu": Formula(
        r"f(z) = \max(0, z)",
        r"f'(z) = 1 \text{ where } z > 0, \text{ else } 0",
        "maximum(z, 0)",
        "where(z > 0, 1.0, 0.0)",
    ),
    "leaky_relu": Formula(
        r"f(z) = z \text{ where } z > 0, \text{ else } 0.01 \, z",
        r"f'(z) = 1 \text{ where } z > 0, \text{ else } 0.01",
        "where(z > 0, z, 0.01 * z)",
        "where(z > 0, 1.0, 0.01)",
    ),
    "softplus": Formula(
        r"f(z) = \log(1 + e^{z})",
        r"f'(z) = \frac{1}{1 + e^{-z}}",
        "log(1 + exp(z))",
        "1 / (1 + exp(-z))",
    ),
    "gelu": Formula(
        r"f(z) = z \, \Phi(z), \quad \Phi(z) = \frac{1}{2} \left( 1 + \mathrm{erf}(z / \sqrt{2}) \right)",
        r"f'(z) = \Phi(z) + \frac{z}{\sqrt{2 \pi}} \, e^{-z^2 / 2}",
        "z * 0.5 * (1 + erf(z / sqrt(2)))",
        "0.5 * (1 + erf(z / sqrt(2))) + z / sqrt(2 * pi) * exp(-z**2 / 2)",
    ),
    "gelu_tanh": Formula(
        r"f(z) = z \, \sigma(2u), \quad u = \sqrt{2 / \pi} \, (z + 0.044715 \, z^3)",
        r"f'(z) = \sigma(2u) + 2 z \, \sigma(2u) \, (1 - \sigma(2u)) \, \sqrt{2 / \pi} \, (1 + 0.134145 \, z^2)",
        "z / (1 + exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3)))",
        "1 / (1 + exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3)))"
        " + 2 * z * exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3))"
        " / (1 + exp(-2 * sqrt(2 / pi) * (z + 0.044715 * z**3)))**2 * sqrt(2 / pi) * (1 + 0.134145 * z**2)",
    ),
    "silu": Formula(
        r"f(z) = z \, \sigma(z)",
        r"f'(z) = \sigma(z) + z \, \sigma(z) \, (1 - \sigma(z))",
        "z / (1 + exp(-z))",
        "1 / (1 + exp(-z)) + z * exp(-z) / (1 + exp(-z))**2",
    ),
    "identity": Formula(r"f(z) = z", r"f'(z) = 1", "z", "1 + 0 * z"),
    "softmax": Formula(
        r"a_j = \frac{e^{z_j}}{\sum_k e^{z_k}}",
        r"\frac{\partial a_j}{\partial z_k} = a_j \, (1_{j=k} - a_k)",
        "exp(z) / exp(z).sum()",
        "diag(a) - outer(a, a)",
    ),
}

CRITERIA = {
    "quadratic": Formula(
        r"L = \frac{1}{N} \sum_n \frac{1}{2} \lVert a_n - y_n \rVert^2",
        r"\frac{1}{N} \, (a - y)",
        "((a - y)**2).sum() / 2 / N",
        "(a - y) / N",
    ),
    "mse": Formula(
        r"L = \frac{1}{N M} \sum_n \lVert a_n - y_n \rVert^2",
        r"\frac{2}{N M} \, (a - y)",
        "((a - y)**2).sum() / (N * M)",
        "2 * (a - y) / (N * M)",
    ),
    "binary_cross_entropy": Formula(
        r"L = -\frac{1}{N M} \sum_{n,j} \left( y_{nj} \log a_{nj} + (1 - y_{nj}) \log(1 - a_{nj}) \right)",
        r"\frac{1}{N M} \left( \frac{1 - y}{1 - a} - \frac{y}{a} \right)",
        "-(y * log(a) + (1 - y) * log(1 - a)).sum() / (N * M)",
        "((1 - y) / (1 - a) - y / a) / (N * M)",
    ),
    "cross_entropy": Formula(
        r"L = -\frac{1}{N} \sum_n \log a_{n, y_n}",
        r"-\frac{1}{N} \, \frac{1_{j = y_n}}{a_{nj}}",
        "-(Y * log(a)).sum() / N",
        "-Y / a / N",
    ),
    "softmax_cross_entropy": Formula(
        r"L = \frac{1}{N} \sum_n \left( \log \sum_k e^{a_{nk}} - a_{n, y_n} \right)",
        r"\frac{1}{N} \left( \mathrm{softmax}(a) - 1_{j = y_n} \right)",
        "(log(exp(a).sum(axis=1)) - (Y * a).sum(axis=1)).sum() / N",
        "(exp(a) / exp(a).sum(axis=1, keepdims=True) - Y) / N",
    ),
    "hinge": Formula(
        r"L = \frac{1}{N M} \sum_{n,j} \max(0, 1 - y_{nj} a_{nj})",
        r"-\frac{y}{N M} \text{ where } y \, a < 1, \text{ else } 0",
        "maximum(0, 1 - y * a).sum() / (N * M)",
        "where(y * a < 1, -y, 0) / (N * M)",
    ),
}

# (last activation, criterion): what is left of dC/da f'(z) once everything that can has cancelled.
FUSED = {
    ("softmax", "cross_entropy"): (
        r"\frac{1}{N} \left( a^{L} - 1_{j = y_n} \right)",
        "(a - Y) / N",
        r"\sum_k \frac{\partial L}{\partial a_k} \, a_k \, (1_{k=j} - a_j) = \frac{1}{N} \, (a_j - 1_{j = y_n})",
    ),
    ("sigmoid", "binary_cross_entropy"): (
        r"\frac{1}{N M} \left( a^{L} - y \right)",
        "(a - y) / (N * M)",
        r"\left( \frac{1 - y}{1 - a} - \frac{y}{a} \right) a \, (1 - a) = a - y",
    ),
}
