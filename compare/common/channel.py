"""The child's end of the pipes: messages are JSON, one a line."""

import json
import os
from typing import Any, BinaryIO


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message."""
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def receive(stream: BinaryIO, most: int = -1) -> Any:
    """Return the next message, or None at the end of the stream. Raises ValueError after `most` bytes."""
    line = stream.readline(most)
    return json.loads(line) if line else None


def private_channel() -> tuple[BinaryIO, BinaryIO]:
    """Return standard input and output under descriptors of their own, which no started program inherits.

    From then on the process reads nothing, and what it prints goes to stderr.
    """
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return inbox, outbox
