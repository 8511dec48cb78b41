"""Arrays in the messages between the parent and its workers."""

from base64 import b64decode, b64encode
from typing import Any

import numpy as np


def packed(tree: Any) -> Any:
    """Return nests of NumPy arrays as JSON has them."""
    if isinstance(tree, dict):
        return {name: packed(a) for name, a in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [packed(a) for a in tree]
    array = np.asarray(tree)
    return {"": [str(array.dtype), list(array.shape), b64encode(array.tobytes()).decode()]}


def unpacked(tree: Any) -> Any:
    """Invert `packed`; tuples are lists."""
    if isinstance(tree, list):
        return [unpacked(a) for a in tree]
    if set(tree) == {""}:
        dtype, shape, content = tree[""]
        return np.frombuffer(b64decode(content), dtype).reshape(shape).copy()
    return {name: unpacked(a) for name, a in tree.items()}
