"""Changes of valid inputs: of bytes, of JSON, of TOML, of Python, of arrays and of files in a folder."""

import contextlib
import copy
import io
import json
import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

TEXTS = [
    "",
    "nan",
    "-inf",
    "1e999",
    "\x1b[2J\x1b[31m",
    "=cmd|' /C calc'!A0",
    "\ufeff=1+1",
    "\u202e",
    "\ud800",
    "a" * 5000,
]
TEXTS += [
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\0",
    "\n\n",
    "{}",
    "hand",
    "float32",
    "%s%n",
    "9" * 400,
]
VALUES = [
    None,
    True,
    False,
    -1,
    0,
    1,
    10**30,
    -(2**63),
    1e308,
    5e-324,
    [],
    [[]],
    {},
    {"a": 1},
    [None] * 3,
    *TEXTS,
]
LINES = [
    "raise ValueError('\\x1b[2J \\ud800 =1+1')", "1 / 0", "import os; os._exit(0)", "print('\\x1b]0;x\\x07' * 3)",
    "import os, signal; os.kill(os.getpid(), 9)", "x = " + "-" * 3000 + "1", "import torch", "raise SystemExit(3)",
    "params = {'W1': [[1, 2], [3]]}", "x = np.full((3, 4), np.nan)", "y = None", "return 1.0, {}", "return None",
    "def example(): return 1", "class A:\n    def forward(self): pass", "lambda: (yield)", "\tindented = 1",
    "params = {1: np.ones(3), None: np.ones((0, 10**6))}", "from . import y", "import sys; sys.setrecursionlimit(10)",
    "raise KeyboardInterrupt", "EXERCISE = {'net': 3}", "points = {'W1': -1}", "seeds = [0, 'a']", "timeout = 'nan'",
]  # fmt: skip
TOML = [
    "1979-05-27",
    "[]",
    "[[1], {}]",
    "nan",
    "-inf",
    "inf",
    "1e400",
    '"\\u001b[2J"',
    "-1",
    "0",
    "true",
    "{}",
    "0.1",
]
TOML += [
    '""',
    "99999999999999999999",
    "[64, 10]",
    '["relu"]',
    '"adam"',
    '"all"',
    "{ low = 1, high = 2 }",
    "[nan]",
    "07:32:00",
]


def of_bytes(raw: bytes, rng: random.Random) -> bytes:
    """Flip, cut, insert, double or write over some bytes."""
    raw = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(raw) + 1)
        way = rng.randrange(6)
        if way == 0 and raw:
            raw[at % len(raw)] ^= 1 << rng.randrange(8)
        elif way == 1:
            del raw[at : at + rng.choice((1, 4, 100, len(raw)))]
        elif way == 2:
            raw[at:at] = rng.randbytes(rng.choice((1, 8, 300)))
        elif way == 3:
            raw[at:at] = raw[at : at + 200]
        elif way == 4:
            raw[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0")
            )
        else:
            raw[at : at + 3] = rng.choice(
                (b"[" * 3000, b"\x1b[2J", b"\xed\xa0\x80", b"1e999", b"-1", b"{", b'"')
            )
    return bytes(raw)


def of_json(raw: bytes, rng: random.Random) -> bytes:
    """Put another value, or none, in some places."""
    data = json.loads(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 6))):
        inner, key = _place(data, rng)
        if inner is None:
            return json.dumps(rng.choice(VALUES)).encode()
        way = rng.random()
        if way < 0.2 and isinstance(inner, dict):
            del inner[key]
        elif way < 0.3 and isinstance(inner, dict):
            inner[rng.choice(TEXTS)] = inner[key]
        elif way < 0.4:
            other, name = _place(data, rng)
            inner[key] = copy.deepcopy(other[name])
        else:
            inner[key] = copy.deepcopy(rng.choice(VALUES))
    return json.dumps(data).encode()


def _place(data: Any, rng: random.Random) -> tuple[Any, Any]:
    """A random container inside `data`, and a key of it."""
    found, at = (None, None), data
    while isinstance(at, (dict, list)) and at:
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
        found, at = (at, key), at[key]
        if rng.random() < 0.15:
            break
    return found


def of_toml(raw: bytes, rng: random.Random) -> bytes:
    """Change, drop or double lines."""
    lines = raw.decode("utf-8", "replace").splitlines()
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(lines))
        name, equals, _ = lines[at].partition("=")
        way = rng.random()
        if equals and way < 0.7:
            lines[at] = f"{name}= {rng.choice(TOML)}"
        elif way < 0.8 and len(lines) > 1:
            del lines[at]
        else:
            lines.insert(
                at,
                f"{rng.choice(('rate', 'sizes', 'x', 'seed', 'train', 'name', 'scale'))} = {rng.choice(TOML)}",
            )
    return "\n".join(lines).encode()


def of_python(raw: bytes, rng: random.Random, trusted: bool = False) -> bytes:
    """Drop, double or insert lines, or put another name or number.

    trusted: a teacher's file, which runs in the command's own process and may end it.
    """
    hostile = [
        line for line in LINES if not (trusted and re.search("os.kill|_exit|KeyboardInterrupt|print", line))
    ]
    lines = raw.decode("utf-8", "replace").splitlines()
    names = re.findall(r"[A-Za-z_]\w*|\d+", raw.decode("utf-8", "replace"))
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(lines) or 1)
        indent = re.match(r"\s*", lines[at])[0] if lines else ""  # type: ignore[index]
        way = rng.random()
        if way < 0.3 and lines:
            del lines[at]
        elif way < 0.6 or not lines:
            lines.insert(at, indent + rng.choice(hostile))
        elif words := list(re.finditer(r"[A-Za-z_]\w*|\d+|[-+*/@=(,]", lines[at])):
            word = rng.choice(words)
            lines[at] = (
                lines[at][: word.start()] + rng.choice([*names, "", "-", "@"]) + lines[at][word.end() :]
            )
    return "\n".join(lines).encode("utf-8", "replace") + b"\n"


def of_npz(raw: bytes, rng: random.Random) -> bytes:
    """Give members other types, shapes, values or names."""
    with np.load(io.BytesIO(raw)) as archive:
        arrays = dict(archive)
    name = rng.choice(list(arrays))
    a = arrays.pop(name)
    other: Callable[[], Any] = rng.choice([
        lambda: a.astype(rng.choice(["f2", "i1", "u8", "c16", "S3", "U2", "?", "M8[s]"])),
        lambda: a.reshape(-1), lambda: a[:0], lambda: a[..., None], lambda: a[: len(a) // 2] if a.ndim else a,
        lambda: np.array(rng.choice(VALUES[-6:])) if a.dtype.kind == "U" else a * rng.choice([np.nan, -1, 1e300, 0.5]),
        lambda: np.zeros(()), lambda: np.zeros((1,) * 30), lambda: np.zeros((0, 10**6)), lambda: np.array(list("abc")),
        lambda: np.zeros(3, [("a", "f8"), ("b", "i4")]),
    ])  # fmt: skip
    if rng.random() < 0.85:
        with contextlib.suppress(
            ValueError, IndexError, TypeError
        ):  # a text that is no number, one number alone
            arrays[name if rng.random() < 0.9 else rng.choice(["x", "\x1b", "param.W9"])] = other()
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


BY_KIND = {".json": of_json, ".toml": of_toml, ".py": of_python, ".npz": of_npz}


def change(path: Path, rng: random.Random) -> None:
    """Change a file by what its kind allows, or as bytes; now and then remove it, or put a folder in its place."""
    way = rng.random()
    if way < 0.03:
        path.unlink()
        if way < 0.02:
            path.mkdir()
        return
    raw = path.read_bytes()
    by_kind = BY_KIND.get(path.suffix) if path.name != "assignment.py" else partial(of_python, trusted=True)
    path.write_bytes(by_kind(raw, rng) if by_kind and way < 0.75 else of_bytes(raw, rng))
