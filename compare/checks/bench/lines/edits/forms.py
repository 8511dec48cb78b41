"""Classify an expression by its form: a count of samples, a derivative, a function of NumPy."""

import ast
import re

SWAPPED = {
    "exp": "log sqrt",
    "log": "exp log1p",
    "sqrt": "exp square",
    "log1p": "log",
    "tanh": "sin",
    "sin": "cos",
    "cos": "sin",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "max": "min",
    "square": "abs",
    "zeros_like": "ones_like",
    "zeros": "ones",
    "ones": "zeros",
    "ones_like": "zeros_like",
    "repeat": "tile",
    "triu": "tril",
    "tril": "triu",
}
OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
# Names of a number of samples, and names of derivatives: dW, grad_W, delta.
SIZE = re.compile(r"[NnmBTM]|(num|batch)_\w+|count")
DERIVATIVE = re.compile(r"(grads?|delta|adj|d|g)_?")
# The kind and shape of a value, as seen at a line: ("f", (3, 4)), ("i", ()).
Seen = dict[str, tuple[str, tuple[int, ...]]]


def called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", "") or getattr(node.func, "id", ""))


def is_numpy(function: ast.expr) -> bool:
    """Return whether a function is NumPy's by its form: np.name, or a name that NumPy's functions have."""
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id in ("np", "numpy")
    return isinstance(function, ast.Name) and function.id in {*SWAPPED, "abs"}


def receiver(function: ast.expr) -> ast.expr | None:
    return function.value if isinstance(function, ast.Attribute) else None


def is_size(node: ast.expr, scope: Seen) -> bool:
    if isinstance(node, ast.Name):
        return bool(SIZE.fullmatch(node.id)) and scope.get(node.id) == ("i", ())
    return bool(re.search(r"^len\(|\.shape\[0\]$|\.size$", ast.unparse(node)))


def is_derivative(node: ast.AST) -> bool:
    """Return whether the form is that of an activation's derivative: 1 - a ** 2, s * (1 - s), z > 0, name_prime(z)."""
    if isinstance(node, ast.Compare):
        return True
    if isinstance(node, ast.Call):
        name = called(node)
        return bool(re.search("prime|grad|deriv", name)) or (name in ("cos", "where") and is_numpy(node.func))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        return isinstance(node.left, ast.Constant) and node.left.value == 1
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return is_derivative(node.right)
    return False


def is_counted(node: ast.AST, up: list[ast.AST]) -> bool:
    """Return whether the node is in an index or in arguments of range or reshape, which have edits of their own."""
    for inner, outer in zip([node, *up], up, strict=False):
        if isinstance(outer, ast.Subscript) and outer.slice is inner:
            return True
        if isinstance(outer, ast.Call) and called(outer) in ("range", "reshape") and inner in outer.args:
            return True
    return False


def dropped_kind(node: ast.expr, scope: Seen) -> str:
    if is_size(node, scope):
        return "batch size"
    if isinstance(node, ast.Constant):
        return "constant dropped"
    return "derivative dropped" if is_derivative(node) else "factor dropped"


def alike(one: str, other: str) -> bool:
    """Return whether two texts are easily confused: both names, attributes or keys; or a value and its derivative."""
    if ("." in one, "[" in one) != ("." in other, "[" in other):
        return False
    if "[" in one and one.partition("[")[0] != other.partition("[")[0]:
        return False
    one, other = (text.removeprefix("self.") for text in (one, other))
    derivatives = [bool(DERIVATIVE.match(text)) for text in (one, other)]
    return derivatives[0] == derivatives[1] or one.endswith(other) or other.endswith(one)
