"""How unlikely a change is to undo the mistake: a cost of the edit and of its place, a unit of it about a bit.

A slip (a sign, an operator, an axis, a wrong factor) costs little wherever it stands; what has to be written anew costs
its length. A statement whose value is the first wrong one costs nothing, one that is right as far as it can be seen
much.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from ...common.words import common_ends
from ..lines.suspect import FORWARD, SILENT, Suspect
from ..lines.suspects import SHARED as SHARED_TIER
from .edits.read_off import counts_in, unused_in
from .edits.slots import INSERTED, MISSING

SLIP = 3.0
DROPPED = 2.8  # an operand that was put in is taken out
# What a person writes wrongly in one stroke.
SLIPS = frozenset([
    "operator", "sign", "axis", "keepdims", "comparison", "transpose", "index", "slice", "bound", "order", "branches",
    "swapped", "swapped targets", "swapped operands", "swapped arguments", "subscripts", "= for +=", "+= for =",
    "-= for =", "*= for =", "-= for +=", "+= for -=", "+= for add.at", "add.at for +=", "another key", "constant",
])  # fmt: skip
# Changes of a fixed cost, in which what is put in stands for much or little.
FIXED = {
    "dropped": DROPPED, "exchanged": 5.5, "swapped": 3.3, "swapped targets": 4.7, "swapped operands": 3.2,
    "1 - x for x": 5.0,
    "another variable": 4.0, "unused variable": 4.0, "another attribute": 4.0, "call dropped": 4.0, "another call": 5.0,
    "index dropped": 4.0, "statement dropped": 4.0, "negation": 4.0, MISSING: 5.0, "off by one": 5.0,
    "needless constant": 8.0, "a constant for a variable": 9.0, "factor": 7.0, "factor 2": 5.0, "factor 1/2": 5.0,
    "factor of a count": 12.0,
    "another constant": 4.0, "missing sum": 4.5, "missing mean": 4.5, "missing call": 5.0, "square": 4.5, "cube": 5.5,
    "as another line does": 5.0, "as its siblings": 3.5,
    "argument left out": 4.0, "missing condition": 4.5,
}  # fmt: skip
# Where something is put beside what stands: the cost of doing so, to which that of each character is added.
ADDED = {"missing factor": 3.0, "missing term": 4.0, "factor": 3.0, INSERTED: 5.0}
# Of a hundred statements of right code two begin with a sign: that two of them undo each other is rare.
SIGN_PUT_IN, SIGN_TAKEN_OUT = 1.5, 1.0
RARE_NUMBER = 2.0  # put in: twice or half of what formulas mostly hold, where another line may lack the 2
REST, TURNED = (
    re.compile(r"(?<![\w.])1(?:\.0)? - "),
    2.0,
)  # 1 - p is what formulas hold, p - 1 is a sign put in
PRODUCT_FIRST = 0.6  # a - b * c is written half as often again as b * c - a
SWAPPED_AXES = 2.0  # of 230 transposes in right code 16 are of a stack
RARE = re.compile(r"(?<![\w.])(?:4|6|8|0\.25)(?![\w.])")
CHARACTER = 0.7  # of what is put in
LONGEST = 13  # characters of a factor or a term up to which they count: a long one is forgotten as soon as a short one
REWRITTEN = 6.0  # of an expression in place of another
TAKEN = 0.1  # of each character of the latter: what was written too much says little of what was meant
# What nobody writes, x * 1, --x, += -x, 0.5 * 2, x.T.T, len(x.T), a function that returns 1: what puts it in is no
# change to show, what takes it out a likely one.
ODD = re.compile(
    r"- ?\(?-|(?<![\w.])1(?:\.0)? \* |[*/] 1(?:\.0)?(?![\w.])|\+ 0(?![\w.])|[+-]= -(?!\d)"
    r"|(?<![\w.])\d[\d.]* \* [-\d]|\.T\.T(?!\w)|len\([\w.]+\.T\)|^(?:(\S+) = \1|return -?[\d.]+)$"
)
ODD_PUT_IN, ODD_TAKEN_OUT = 10.0, -2.5
WITH_ITSELF = frozenset(["maximum", "minimum", "where", "subtract", "divide", "true_divide", "equal"])
UNUSED = (
    5.0  # a variable that nothing reads once the edit is made; one that nothing read without it pays as much
)
UNUSED_COUNT = 2.0  # the same of a count, N = X.shape[0]
NAME_OFF = 2.0  # a variable that, with the edit, is not the derivative that it is named after
UNEXPLAINED = 1.0  # a statement that, with the edit, gives what nothing vouches for
SILENT_PLACE, FORWARD_PLACE = 5.0, 0.8
NUMBERS = frozenset(
    ["factor 2", "factor 1/2", "factor", "factor of a count", "another constant", "a constant for a variable"]
)
NUMBER = 5.0  # put into a whole number, an index or a size, where a stride is meant that happens to be 2
STANDING = (0.0, 1.5)  # the first wrong value, what feeds it
LATER, CALLING, BEHIND = 2.5, 0.9, 0.5  # BEHIND: a factor, behind the first wrong value
AHEAD = 1.0  # of the loss: the forward pass is seldom wrong where the loss does not tell of it
LATE = 2.0  # behind the first value that would mend everything with the derivative that it should be
SILENT_SIGN = 2.0  # of what is kept, handed over or returned as it is
RIGHT, RIGHT_BY_NAME, MISNAMED, SHARED, AFTER = 7.0, 12.0, -0.4, 1.0, 2.2
# How a value is stored: that it is right says nothing of a sum it is taken away from.
STORING, STORED = frozenset(["-= for +=", "+= for -=", "= for +="]), 1.5
ALIAS = -1.0  # it only gives a value another name, which few statements are for
ALIAS_PUT_IN = 4.0  # of 4,172 assignments of right code 34 do only that


def edit_cost(kind: str, before: str, after: str) -> float:
    """Return the cost of an edit: that of its kind, more if it writes `x * 1` or `--x`, less if it removes one."""
    more = odd(after) - odd(before)
    if more < 0 and _alike(after) <= _alike(before) and _unlike(after) < _unlike(before):
        more += _unlike(before) - _unlike(after)  # the others are unlike as well now
    aliases = _is_alias(after) and not _is_alias(before)
    return (
        _by_kind(kind, before, after)
        + ODD_PUT_IN * (more > 0)
        + ODD_TAKEN_OUT * (more < 0)
        + ALIAS_PUT_IN * aliases
    )


@lru_cache(maxsize=1024)
def odd(text: str) -> int:
    """Return how often a statement's text says what nobody writes: x * 1, --x, x - x, a * x / x, (a * b)[i].

    Of several values that are all divided by the same, one that is not is odd too.
    """
    tree = _tree(text)
    if tree is None:  # the head of a loop
        return len(ODD.findall(text))
    return len(ODD.findall(text)) + sum(_is_odd(node) for node in ast.walk(tree)) + _unlike(text)


@lru_cache(maxsize=1024)
def _tree(text: str) -> ast.AST | None:
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def _is_alias(text: str) -> bool:
    """Whether a statement only gives a variable another name."""
    match _tree(text):
        case ast.Module([ast.Assign([ast.Name()], ast.Name())]):
            return True
    return False


def _unlike(text: str) -> int:
    """Return how many displays have elements that are all divided, or multiplied, by the same but for one."""
    return sum(joined == many - 1 for many, joined in _joined(text))


def _products_first(text: str) -> int:
    """Return how many differences take something plain from a product."""
    differences = (
        n
        for n in ast.walk(_tree(text) or ast.Pass())
        if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub)
    )
    return sum(_is_product(d.left) and not _is_product(d.right) for d in differences)


def _is_product(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div, ast.MatMult))


def _alike(text: str) -> int:
    """Return how many displays have elements that are all divided, or multiplied, by the same."""
    return sum(joined == many for many, joined in _joined(text))


def _joined(text: str) -> Iterator[tuple[int, int]]:
    """Yield of each display of more than two how many elements it has, and how many are joined with the same."""
    for node in ast.walk(_tree(text) or ast.Pass()):
        match node:
            case ast.Tuple(every) | ast.List(every) | ast.Dict(values=every) if len(every) > 2:
                joined = [
                    e for e in every if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Div, ast.Mult))
                ]
                alike = len({(type(e.op), ast.dump(e.right)) for e in joined}) == 1
                yield len(every), len(joined) if alike else 0


def _is_odd(node: ast.AST) -> bool:
    """Whether an operation undoes itself, or an index picks of a sum or a product: two subscripts of 2,492 do."""
    match node:
        case ast.BinOp(ast.BinOp(_, ast.Div(), left), ast.Mult(), right) | ast.BinOp(
            ast.BinOp(_, ast.Mult(), left), ast.Div(), right
        ) if ast.dump(left) == ast.dump(right):
            return True
        case ast.BinOp(left, ast.Sub() | ast.Div() | ast.FloorDiv() | ast.Mod(), right):
            return ast.dump(left) == ast.dump(right)
        case ast.Compare(left, [_], [right]) | ast.IfExp(body=left, orelse=right):
            return ast.dump(left) == ast.dump(right)
        case ast.Subscript(ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()), index):
            return not any(isinstance(n, ast.Constant) and n.value is None for n in ast.walk(index))
        case ast.Call(ast.Attribute(attr=name), [*_, left, right]) if name in WITH_ITSELF:
            return ast.dump(left) == ast.dump(right)
    return False


def is_slip(kind: str) -> bool:
    """Whether an edit undoes what is written wrongly in one stroke."""
    return kind in SLIPS or kind == "dropped" or " for " in kind


def _by_kind(kind: str, before: str, after: str) -> float:
    taken, put = differing(before, after)
    changed = max(len(taken), len(put))
    if kind in FIXED:
        if kind != "swapped operands":
            return FIXED[kind]
        turned = len(REST.findall(before)) > len(REST.findall(after))
        return (
            FIXED[kind] + TURNED * turned + PRODUCT_FIRST * (_products_first(after) - _products_first(before))
        )
    if kind == "constant":
        return SLIP + 0.1 + RARE_NUMBER * (len(RARE.findall(after)) > len(RARE.findall(before)))
    if is_slip(kind):
        more = 0 if kind != "sign" else len(put) - len(taken)
        stacked = SWAPPED_AXES * (kind == "transpose" and "swapaxes" in put)
        return SLIP + min(changed, 10) / 10 + stacked + SIGN_PUT_IN * (more > 0) - SIGN_TAKEN_OUT * (more < 0)
    added = ADDED.get("factor" if kind.startswith("factor") else kind)
    if added is not None:
        length = max(len(re.sub("[()]", "", after)) - len(re.sub("[()]", "", before)), 1)
        return added + (CHARACTER * length if kind == INSERTED else _written(length))
    if taken and taken in put:  # it stands in what is put in its place: 1 - e ** 2 for e
        return ADDED["missing term"] + _written(changed - len(taken))
    return REWRITTEN + _written(len(put)) + TAKEN * len(taken)


def _written(length: int) -> float:
    more = max(length - LONGEST, 0)
    return CHARACTER * (length - more) + TAKEN * more


def place_cost(suspect: Suspect, kind: str = "") -> float:
    """Return the cost of a statement by what is known of its value; where a statement is missing that says nothing."""
    if kind in (MISSING, INSERTED):
        return 0.0
    if suspect.tier == FORWARD:  # the loss does not tell of it, and nothing else does
        return FORWARD_PLACE
    if suspect.right and not suspect.sure and kind in STORING:
        return STORED + SHARED * (suspect.tier == SHARED_TIER) + AFTER * suspect.after
    cost = (
        SILENT_PLACE
        if suspect.tier == SILENT and suspect.rank > 1
        else SHARED * (suspect.tier == SHARED_TIER)
    )
    if suspect.calls:
        cost += CALLING
    else:
        cost += STANDING[suspect.standing] if suspect.standing < len(STANDING) else LATER
    cost += BEHIND * (suspect.feeds and suspect.rank > 0) + LATE * suspect.late + AHEAD * suspect.ahead
    cost += NUMBER * (suspect.tier == SILENT and kind in NUMBERS)
    cost += RIGHT * suspect.right + RIGHT_BY_NAME * suspect.sure + AFTER * suspect.after
    if suspect.alias and suspect.tier < FORWARD:
        return cost + ALIAS
    return cost + MISNAMED * ((suspect.misnamed and not suspect.mixed) or suspect.alias)


def unused(function: ast.AST | None) -> frozenset[str]:
    """Return the variables that a function stores and never reads."""
    return frozenset() if function is None else frozenset(unused_in(function))


@lru_cache(maxsize=256)
def unused_as_it_is(function: ast.AST | None) -> frozenset[str]:
    """Return the same of a function without an edit."""
    return unused(function)


def unread(function: ast.AST | None, kind: str = "") -> float:
    """Return the cost of the variables that a function, as it stands with an edit, reads no more, or now does.

    A count is often stored without a need: that nothing reads one any more says less than that something now does,
    and that it is added to something says nothing.
    """
    before, now = unused_as_it_is(function), unused(function)
    more = now - before
    if kind == "missing term" and function is not None and before - now:
        before = before - counts_in(function)
    counts = more & counts_in(function) if more and function is not None else frozenset()
    return UNUSED * (len(more) - len(before - now)) - (UNUSED - UNUSED_COUNT) * len(counts)


def differing(before: str, after: str) -> tuple[str, str]:
    """Return what is taken away and what is put in, between common start and common end.

    Parentheses do not count: taking the sign of a sum away takes away two of them.
    """
    before, after = (re.sub("[() ]", "", text) for text in (before, after))
    start, end = common_ends(before, after)
    return before[start : len(before) - end], after[start : len(after) - end]
