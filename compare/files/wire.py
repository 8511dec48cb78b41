"""Messages with arrays between a judge and its child: JSON for the nest, raw bytes for the arrays, never pickle."""

import json
import math
import struct
from typing import Any, BinaryIO

import numpy as np

from ..common.arrays import as_array

HEAD = struct.Struct("<QQ")  # bytes of JSON, bytes of arrays
MOST_JSON = 1 << 24
MOST_ARRAYS = 1 << 28


UNREADABLE = "the answer cannot be read"


class BrokenError(ValueError):
    """The bytes are no message."""


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message: dicts, lists, tuples, None, numbers, text and arrays. UserError for anything else."""
    arrays: list[np.ndarray] = []
    body = json.dumps(_down(message, arrays)).encode()
    stream.write(HEAD.pack(len(body), sum(a.nbytes for a in arrays)) + body)
    for array in arrays:
        stream.write(array.tobytes())
    stream.flush()


def receive(stream: BinaryIO, most: int = MOST_ARRAYS) -> Any:
    """Return the next message, or None at the end of the stream.

    Raises BrokenError where it is no message, or its arrays have more than `most` bytes.
    """
    head = stream.read(HEAD.size)
    if not head:
        return None
    if len(head) < HEAD.size:
        raise BrokenError("the answer is cut short")
    text, data = HEAD.unpack(head)
    if text > MOST_JSON or data > most:
        raise BrokenError(f"an answer of {(text + data) / 1e6:,.0f} MB; at most {most / 1e6:,.0f} are taken")
    body, buffer = stream.read(text), stream.read(data)
    if len(body) < text or len(buffer) < data:
        raise BrokenError("the answer is cut short")
    try:
        return _up(json.loads(body), _Reader(buffer))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise BrokenError(UNREADABLE) from error


def _down(value: Any, arrays: list[np.ndarray]) -> Any:
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {"dict": [[_key(key), _down(item, arrays)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_down(item, arrays) for item in value]}
    if isinstance(value, list):
        return [_down(item, arrays) for item in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    arrays.append(np.asarray(as_array(value), order="C"))
    return {"array": [arrays[-1].dtype.str, list(arrays[-1].shape)]}


def _key(key: Any) -> int | str:
    return key if type(key) in (int, str) else str(key)


def _up(value: Any, reader: "_Reader") -> Any:
    if isinstance(value, list):
        return [_up(item, reader) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "dict":
        return {key: _up(item, reader) for key, item in inside}
    if kind == "tuple":
        return tuple(_up(item, reader) for item in inside)
    return reader.array(*value["array"])


class _Reader:
    """Read arrays from a buffer, one after the other."""

    def __init__(self, buffer: bytes):
        self.buffer, self.at = buffer, 0

    def array(self, name: str, shape: list[int]) -> np.ndarray:
        dtype = np.dtype(str(name))
        if dtype.kind not in "fiub" or not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError(f"an array of {dtype}, shape {shape}")
        count = math.prod(shape)
        if count == 0:
            return np.empty(shape, dtype)
        found = np.frombuffer(self.buffer, dtype, count, self.at)  # ValueError where it is too short
        self.at += count * dtype.itemsize
        return found.reshape(shape).copy()
