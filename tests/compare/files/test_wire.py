"""Messages between judge and child: what is sent arrives; what is no message is refused."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.common.errors import UserError
from compare.files import wire


def sent(message):
    stream = io.BytesIO()
    wire.send(stream, message)
    stream.seek(0)
    return stream


leaves = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=3)
trees = st.recursive(
    leaves,
    lambda t: (
        st.lists(t, max_size=3)
        | st.tuples(t, t)
        | st.dictionaries(st.text(max_size=2) | st.integers(0, 3), t)
    ),
    max_leaves=8,
)


@settings(max_examples=50)
@given(trees)
def test_any_nest_arrives_as_it_was(tree):
    assert wire.receive(sent(tree)) == tree


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8, bool, np.float16])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_arrays_arrive_with_type_and_shape(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    message = {"a": array, "b": [array.T, (array,)]}
    found = wire.receive(sent(message))
    for sent_array, received in ((array, found["a"]), (array.T, found["b"][0]), (array, found["b"][1][0])):
        assert received.dtype == sent_array.dtype and np.array_equal(sent_array, received)


def test_messages_come_one_after_the_other_and_then_none():
    stream = io.BytesIO(sent({"a": np.ones(2)}).getvalue() + sent(None).getvalue() + sent("end").getvalue())
    assert list(wire.receive(stream)["a"]) == [1, 1]
    assert wire.receive(stream) is None and wire.receive(stream) == "end"
    assert wire.receive(stream) is None


@pytest.mark.parametrize("value", [object(), np.array([object()]), 1j, np.array(["a"])])
def test_what_is_no_number_is_not_sent(value):
    with pytest.raises(UserError, match="real numbers are needed"):
        wire.send(io.BytesIO(), value)


def raw(value, data=b""):
    body = json.dumps(value).encode()
    return wire.HEAD.pack(len(body), len(data)) + body + data


@pytest.mark.parametrize(
    "bytes",
    [
        b"WRONG",
        b"\xff" * 40,
        raw({"dict": []})[:-1],
        raw({"dict": 3}),
        raw({"other": []}),
        raw({"a": 1, "b": 2}),
        raw({"array": ["<f8", [2]]}, b"\0" * 8),
        raw({"array": ["<f8", [-1]]}, b"\0" * 8),
        raw({"array": ["<f8", [1 << 62, 1 << 62]]}, b"\0" * 8),
        raw({"array": ["O", [1]]}, b"\0" * 8),
        raw({"array": ["no dtype", [1]]}, b"\0" * 8),
        raw({"array": ["<f8", ["1"]]}, b"\0" * 8),
        wire.HEAD.pack(3, 0) + b"{]}",
        wire.HEAD.pack(20000, 0) + b"[" * 20000,
        wire.HEAD.pack(2, 1 << 40) + b"{}",
    ],
)
def test_what_is_no_message_is_refused(bytes):
    with pytest.raises(wire.BrokenError):
        wire.receive(io.BytesIO(bytes))
