"""The elementwise operations of cells: what each is in ball arithmetic, and its derivative in other cells."""

from collections.abc import Callable

from ...common.arrays import Array
from .program import Program

Slope = Callable[[Program, Array, Array, Array], Array]


def _apart(p: Program, x: Array, sign: float = 1.0) -> Array:
    """Return 1 - x^2, or 1 + x^2."""
    return p.apply("add" if sign > 0 else "sub", p.number(1), p.apply("mul", x, x))


# name -> (program, cotangent, result, operand) -> the cotangent of the operand.
UNARY: dict[str, Slope] = {
    "neg": lambda p, g, f, x: p.apply("neg", g),
    "exp": lambda p, g, f, x: p.apply("mul", g, f),
    "expm1": lambda p, g, f, x: p.apply("mul", g, p.apply("exp", x)),
    "log": lambda p, g, f, x: p.apply("div", g, x),
    "log1p": lambda p, g, f, x: p.apply("div", g, p.apply("add", p.number(1), x)),
    "sqrt": lambda p, g, f, x: p.apply("div", g, p.apply("add", f, f)),
    "sin": lambda p, g, f, x: p.apply("mul", g, p.apply("cos", x)),
    "cos": lambda p, g, f, x: p.apply("neg", p.apply("mul", g, p.apply("sin", x))),
    "tan": lambda p, g, f, x: p.apply("mul", g, _apart(p, f)),
    "asin": lambda p, g, f, x: p.apply("div", g, p.apply("sqrt", _apart(p, x, -1))),
    "acos": lambda p, g, f, x: p.apply("neg", p.apply("div", g, p.apply("sqrt", _apart(p, x, -1)))),
    "atan": lambda p, g, f, x: p.apply("div", g, _apart(p, x)),
    "sinh": lambda p, g, f, x: p.apply("mul", g, p.apply("cosh", x)),
    "cosh": lambda p, g, f, x: p.apply("mul", g, p.apply("sinh", x)),
    "tanh": lambda p, g, f, x: p.apply("mul", g, _apart(p, f, -1)),
    "asinh": lambda p, g, f, x: p.apply("div", g, p.apply("sqrt", _apart(p, x))),
    "acosh": lambda p, g, f, x: p.apply(
        "div", g, p.apply("sqrt", p.apply("sub", p.apply("mul", x, x), p.number(1)))
    ),
    "atanh": lambda p, g, f, x: p.apply("div", g, _apart(p, x, -1)),
    "erf": lambda p, g, f, x: p.apply("mul", g, _bell(p, x)),
    "erfc": lambda p, g, f, x: p.apply("neg", p.apply("mul", g, _bell(p, x))),
    "lgamma": lambda p, g, f, x: p.apply("mul", g, p.apply("digamma", x)),
    "digamma": lambda p, g, f, x: p.apply("mul", g, p.apply("trigamma", x)),
}


def _bell(p: Program, x: Array) -> Array:
    """Return 2 / sqrt(pi) exp(-x^2)."""
    root = p.apply("sqrt", p.apply("pi", p.number(1)))
    return p.apply(
        "div", p.apply("exp", p.apply("neg", p.apply("mul", x, x))), p.apply("div", root, p.number(2))
    )


# name -> (program, cotangent, result, both operands) -> the cotangents of both.
BINARY: dict[str, Callable[[Program, Array, Array, Array, Array], tuple[Array, Array]]] = {
    "add": lambda p, g, f, x, y: (g, g),
    "sub": lambda p, g, f, x, y: (g, p.apply("neg", g)),
    "mul": lambda p, g, f, x, y: (p.apply("mul", g, y), p.apply("mul", g, x)),
    "div": lambda p, g, f, x, y: (
        p.apply("div", g, y),
        p.apply("neg", p.apply("div", p.apply("mul", g, f), y)),
    ),
    "pow": lambda p, g, f, x, y: (
        p.apply("mul", g, p.apply("mul", y, p.apply("pow", x, p.apply("sub", y, p.number(1))))),
        p.apply("mul", g, p.apply("mul", f, p.apply("log", x))),
    ),
    "atan2": lambda p, g, f, y, x: (
        p.apply("div", p.apply("mul", g, x), p.apply("add", p.apply("mul", x, x), p.apply("mul", y, y))),
        p.apply(
            "neg",
            p.apply("div", p.apply("mul", g, y), p.apply("add", p.apply("mul", x, x), p.apply("mul", y, y))),
        ),
    ),
}
