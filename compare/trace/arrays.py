"""Arrays and numbers that record, on the active tape, whatever NumPy does with them."""

import operator
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..common.arrays import Array
from .memory import Region, Value
from .tape import Tape, active


class Traced(np.ndarray):
    """An array whose operations are recorded. Without an active tape it is an ndarray like another."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return apply_function(func, args, kwargs)

    def __getitem__(self, key: Any) -> Any:
        tape = active()
        key = bare(key)
        plain = self.view(np.ndarray)[key]
        if tape is None:
            return plain
        if isinstance(plain, np.ndarray):
            if plain.size and _within(plain, self):
                return _seen(tape, self, plain)
        elif plain.dtype.kind != "f":
            return plain  # an index or a truth: nothing is differentiated by it
        value = tape.value(self)
        return _one(tape, operator.getitem, "getitem", (value, _kept(key)), {}, [value], plain)

    def __setitem__(self, key: Any, new: Any) -> None:
        tape = active()
        key, plain = bare(key), self.view(np.ndarray)
        if tape is None:
            plain[key] = bare(new)
            return
        target = plain[key]
        basic = isinstance(target, np.ndarray) and _within(target, plain)
        if basic and isinstance(new, np.ndarray) and _same_place(target, new):
            return  # a[i] += b has written already
        if not basic and not isinstance(target, np.ndarray) and _is_basic(key):  # one entry
            target, basic = plain[(*_tuple(key), ...)], True
        wrapped: list[Value] = []
        source = _wrap(tape, new, wrapped)
        tape.memory.before_write(tape.memory.owned(self))
        plain[key] = bare(new)
        if basic:  # the part itself is the target
            region = tape.memory.region(target)
            args: tuple = (source,)
        else:
            region = tape.memory.region(self)
            args = (source, _kept(key))
        tape.record(operator.setitem, "setitem", args, {}, wrapped, [target if basic else plain], [region])

    def __iter__(self) -> Any:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __float__(self) -> float:
        tape = active()
        if tape is not None and self.dtype.kind == "f":
            tape.lose("a number left NumPy by float()")
        return float(self.view(np.ndarray))

    def __format__(self, spec: str) -> str:
        return format(self.view(np.ndarray).item() if not self.ndim else self.view(np.ndarray), spec)

    def item(self, *index: Any) -> Any:
        if active() is None or self.dtype.kind != "f":
            return self.view(np.ndarray).item(*index)
        flat = self.reshape(-1)
        if not index:
            return flat[0] if self.size == 1 else self.view(np.ndarray).item()
        return flat[index[0]] if len(index) == 1 and not isinstance(index[0], tuple) else self[index]

    def tolist(self) -> Any:
        if active() is None or self.dtype.kind != "f":
            return self.view(np.ndarray).tolist()
        return [row.tolist() if isinstance(row, np.ndarray) else row for row in self] if self.ndim else self.item()

    def fill(self, value: Any) -> None:
        self[...] = value

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        return apply_function(np.astype, (self, np.dtype(dtype)), {k: v for k, v in kwargs.items() if k == "copy"})

    def sort(self, axis: Any = -1, **kwargs: Any) -> None:
        self[...] = apply_function(np.sort, (self, axis), kwargs)

    def __reduce__(self) -> Any:
        return self.view(np.ndarray).__reduce__()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __copy__(self) -> Any:
        return self.copy()

    def flatten(self, order: Any = "C") -> Any:
        return apply_function(np.copy, (apply_function(np.ravel, (self, order), {}),), {})

    def copy(self, order: Any = "C") -> Any:
        return apply_function(np.copy, (self,), {"order": order})

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        return apply_function(np.mean, (self, *args), kwargs)

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        return apply_function(np.sum, (self, *args), kwargs)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        shape = shape[0] if len(shape) == 1 else shape
        return apply_function(np.reshape, (self, shape), kwargs)

    def dot(self, other: Any, **kwargs: Any) -> Any:
        return apply_function(np.dot, (self, other), kwargs)

    @property
    def T(self) -> Any:  # type: ignore[override]  # noqa: N802 (NumPy's name)
        tape, plain = active(), self.view(np.ndarray).T
        return plain if tape is None else _seen(tape, self, plain)

    @property
    def flat(self) -> Any:  # type: ignore[override]
        return self.reshape(-1)


def _seen(tape: Tape, whole: Array, part: Array) -> Traced:
    """Note that the code looks at a part of an array, or at its transpose; nothing is computed."""
    if part.dtype.kind == "f":
        source = tape.value(whole)
        tape.record(operator.getitem, "view", (source,), {}, [source], [part])
    return part.view(Traced)


def _by_function(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return apply_function(function, (self, *args), kwargs)

    method.__name__ = name
    return method


METHODS = (
    "argmax argmin argsort choose clip compress cumprod cumsum diagonal max min nonzero prod ptp ravel repeat"
    " round searchsorted squeeze std swapaxes take trace var any all"
).split()
for _name in METHODS:
    setattr(Traced, _name, _by_function(_name))


class _Number:
    """What the recorded numbers share: they are immutable and carry the region of their value.

    Its members are copied: NumPy takes a scalar whose class has a second base for an object.
    """

    region: Region

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return apply_function(func, args, kwargs)

    def __reduce__(self) -> Any:
        return float, (float(self),)  # type: ignore[arg-type]

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __copy__(self) -> Any:
        return self

    def __getitem__(self, key: Any) -> Any:
        return self.array[key]

    @property
    def array(self) -> Any:
        """The number as a traced array of no dimension."""
        return self.region.buffer.owner.view(Traced)

    def item(self) -> Any:
        return self

    def tolist(self) -> Any:
        return self

    def astype(self, dtype: Any, **kwargs: Any) -> Any:
        return apply_function(np.astype, (self, np.dtype(dtype)), {})

    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        return self

    def conjugate(self) -> Any:
        return self

    conj = conjugate


def _binary(ufunc: Any, swapped: bool) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (int, float, np.generic, np.ndarray, list)):
            return NotImplemented
        return apply_ufunc(ufunc, "__call__", (other, self) if swapped else (self, other), {})

    return method


def _unary(ufunc: Any) -> Callable[..., Any]:
    return lambda self: apply_ufunc(ufunc, "__call__", (self,), {})


BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "pow": np.power,
    "mod": np.remainder,
    "floordiv": np.floor_divide,
}
for _name, _ufunc in BINARY.items():
    setattr(_Number, f"__{_name}__", _binary(_ufunc, False))
    setattr(_Number, f"__r{_name}__", _binary(_ufunc, True))
for _name, _ufunc in {"neg": np.negative, "pos": np.positive, "abs": np.absolute}.items():
    setattr(_Number, f"__{_name}__", _unary(_ufunc))
for _name in ("sum", "mean", "max", "min", "prod", "cumsum", "reshape", "ravel", "flatten", "copy", "dot", "squeeze", "clip", "round", "std", "var", "repeat"):

    def _of_array(self: Any, *args: Any, _name: str = _name, **kwargs: Any) -> Any:
        return getattr(self.array, _name)(*args, **kwargs)

    setattr(_Number, _name, _of_array)


_MEMBERS = {n: v for n, v in vars(_Number).items() if n not in ("__dict__", "__weakref__", "__module__", "__doc__")}
NUMBERS: dict[np.dtype, type] = {
    np.dtype(kind): type(f"Recorded{kind.__name__.title()}", (kind,), dict(_MEMBERS))
    for kind in (np.float64, np.float32, np.float16)
}
Number = tuple(NUMBERS.values())
KINDS = (Traced, *Number)


def number(tape: Tape, array: Array) -> Any:
    """Return the recorded number that an array of no dimension holds."""
    kind = NUMBERS.get(array.dtype)
    if kind is None:
        return array.view(Traced)
    made = kind(array[()])
    made.region = tape.memory.region(array)
    return made


def bare(tree: Any) -> Any:
    """Return `tree` with plain arrays and numbers in the places of recorded ones."""
    if isinstance(tree, Traced):
        return tree.view(np.ndarray)
    if isinstance(tree, Number):
        return tree.region.buffer.owner.view(np.ndarray)[()]
    if isinstance(tree, (list, tuple)) and type(tree) in (list, tuple):
        return type(tree)(bare(t) for t in tree)
    if type(tree) is dict:
        return {k: bare(t) for k, t in tree.items()}
    return tree


def holds(tree: Any) -> bool:
    """Whether a recorded array or number is in `tree`."""
    if isinstance(tree, KINDS):
        return True
    if type(tree) in (list, tuple):
        return any(holds(t) for t in tree)
    return type(tree) is dict and any(holds(t) for t in tree.values())


def adopted(tree: Any) -> Any:
    """Return `tree` with its plain arrays recorded from now on, as constants."""
    if type(tree) is np.ndarray and tree.dtype.kind in "fiub":
        return tree.view(Traced)
    if type(tree) in (list, tuple):
        return type(tree)(adopted(t) for t in tree)
    return tree


def _wrap(tape: Tape, tree: Any, reads: list[Value]) -> Any:
    """Return `tree` with a Value for each array or recorded number, which are appended to `reads`."""
    if isinstance(tree, np.ndarray):
        value = tape.value(tree)
    elif isinstance(tree, Number):
        value = Value(tree.region, tree.region.buffer.owner.view(np.ndarray))
    elif type(tree) in (list, tuple):
        return type(tree)(_wrap(tape, t, reads) for t in tree)
    elif type(tree) is dict:
        return {k: _wrap(tape, t, reads) for k, t in tree.items()}
    else:
        return tree
    reads.append(value)
    return value


def _one(
    tape: Tape, function: Any, method: str, args: tuple, kwargs: Any, reads: list[Value], result: Any
) -> Any:
    """Record an operation with one result, and return that."""
    array = result if isinstance(result, np.ndarray) else np.array(result)
    tape.record(function, method, args, kwargs, reads, [array])
    return array.view(Traced) if isinstance(result, np.ndarray) else number(tape, array)


def apply_ufunc(ufunc: Any, method: str, inputs: tuple, kwargs: dict[str, Any]) -> Any:
    """Do, and record, what a ufunc or one of its methods does."""
    tape = active()
    out = kwargs.pop("out", None)
    plain = [bare(i) for i in inputs]
    options = {k: bare(v) for k, v in kwargs.items()} if kwargs else kwargs
    if tape is None:
        if out is not None:
            options["out"] = tuple(bare(o) for o in out)
        return getattr(ufunc, method)(*plain, **options)
    reads: list[Value] = []
    args = tuple(_wrap(tape, i, reads) for i in inputs)
    if kwargs:
        kwargs = {k: _wrap(tape, v, reads) for k, v in kwargs.items()}
    if method == "at":
        return _at(tape, ufunc, inputs[0], args, plain, reads)
    if out is not None:
        target = out[0] if isinstance(out, tuple) else out
        if len(out) > 1 or target is None:
            out = None
    if out is not None:
        if type(target) is not np.ndarray and not isinstance(target, Traced):
            raise TypeError(f"{ufunc.__name__}: out must be an array")
        tape.memory.before_write(tape.memory.owned(target))
        into = target.view(np.ndarray)
        getattr(ufunc, method)(*plain, out=into, **options)
        tape.record(ufunc, method, args, kwargs, reads, [into], [tape.memory.region(target)])
        return target if isinstance(target, Traced) else target.view(Traced)
    result = (ufunc if method == "__call__" else getattr(ufunc, method))(*plain, **options)
    if isinstance(result, tuple):
        arrays = [r if isinstance(r, np.ndarray) else np.array(r) for r in result]
        tape.record(ufunc, method, args, kwargs, reads, arrays)
        return tuple(
            a.view(Traced) if isinstance(r, np.ndarray) else number(tape, a)
            for a, r in zip(arrays, result, strict=True)
        )
    if not isinstance(result, np.ndarray) and result.dtype.kind != "f":
        tape.record(ufunc, method, args, kwargs, reads, [np.array(result)])
        return result
    return _one(tape, ufunc, method, args, kwargs, reads, result)


def _at(tape: Tape, ufunc: Any, target: Any, args: tuple, plain: list, reads: list[Value]) -> None:
    tape.memory.before_write(tape.memory.owned(target))
    ufunc.at(*plain)
    tape.record(ufunc, "at", args, {}, reads, [plain[0]], [tape.memory.region(target)])


def apply_function(function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Do, and record, what a NumPy function or another library's function does."""
    tape = active()
    if tape is None:
        return function(*bare(args), **bare(kwargs))
    reduced = REDUCTIONS.get(function)
    if reduced is not None:
        return _reduction(reduced, *args, **kwargs)
    writer = WRITERS.get(function)
    if writer is not None:
        return writer(*args, **kwargs)
    out = kwargs.pop("out", None)
    plain_args, plain_kwargs = bare(args), bare(kwargs)
    reads: list[Value] = []
    wrapped, options = _wrap(tape, args, reads), _wrap(tape, kwargs, reads)
    result = function(*plain_args, **plain_kwargs)
    if out is not None:
        target = out[0] if isinstance(out, tuple) else out
        tape.memory.before_write(tape.memory.owned(target))
        into = target.view(np.ndarray)
        into[...] = result
        tape.record(function, "__call__", wrapped, options, reads, [into], [tape.memory.region(target)])
        return target
    if isinstance(result, (tuple, list)):
        return _several(tape, function, wrapped, options, reads, result)
    if isinstance(result, np.ndarray):
        if result.dtype.kind not in "fiub":
            tape.lose(f"{function.__name__} gives {result.dtype}")
            return result
        if (whole := _a_view(result, reads)) is not None:
            return _seen(tape, whole.array, result)
        if result.base is not None:  # of memory the function made: own it
            result = result.copy()
    elif not isinstance(result, np.floating):
        return result
    return _one(tape, function, "__call__", wrapped, options, reads, result)


def _several(tape: Tape, function: Any, args: Any, kwargs: Any, reads: list[Value], results: Any) -> Any:
    """Record a function with several results; those that are views of its operands need no record."""
    made = [r for r in results if isinstance(r, np.ndarray) and r.dtype.kind in "fiub" and _a_view(r, reads) is None]
    made = [r.copy() if r.base is not None else r for r in made]
    if made:
        tape.record(function, "__call__", args, kwargs, reads, made)
    queue = iter(made)
    found = [
        r
        if not isinstance(r, np.ndarray)
        else _seen(tape, whole.array, r)
        if (whole := _a_view(r, reads)) is not None
        else next(queue).view(Traced)
        for r in results
    ]
    return type(results)(*found) if hasattr(results, "_fields") else type(results)(found)


def _reduction(ufunc: Any, array: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Do a NumPy reduction by the method of its ufunc."""
    if not isinstance(array, KINDS):
        array = asarray(array)
    names = ("dtype", "out", "keepdims", "initial", "where") if ufunc in (np.add, np.multiply) else ("out", "keepdims", "initial", "where")
    options = {**dict(zip(names, args, strict=False)), **kwargs}
    options = {k: v for k, v in options.items() if v is not None and v is not np._NoValue}
    out = options.get("out")
    if out is not None and not isinstance(out, tuple):
        options["out"] = (out,)
    return apply_ufunc(ufunc, "reduce", (array, axis), {k: v for k, v in options.items()})


REDUCTIONS = {
    np.sum: np.add,
    np.prod: np.multiply,
    np.max: np.maximum,
    np.min: np.minimum,
    np.any: np.logical_or,
    np.all: np.logical_and,
}


def _copyto(target: Any, source: Any, casting: str = "same_kind", where: Any = True) -> None:
    _into(target, ... if where is True else where, source if where is True else asarray(source)[where])


def _into(target: Any, key: Any, source: Any) -> None:
    (target if isinstance(target, Traced) else target.view(Traced))[key] = source


def _put(target: Any, indices: Any, values: Any, mode: str = "raise") -> None:
    _into(target.reshape(-1), indices, values)


def _fill_diagonal(target: Any, value: Any, wrap: bool = False) -> None:
    _into(target, np.diag_indices(min(target.shape), target.ndim), value)


def _put_along_axis(target: Any, indices: Any, values: Any, axis: Any) -> None:
    where = list(np.ogrid[tuple(slice(n) for n in np.shape(indices))])
    where[axis] = bare(indices)
    _into(target, tuple(where), values)


WRITERS: dict[Any, Callable[..., Any]] = {
    np.copyto: _copyto,
    np.put: _put,
    np.fill_diagonal: _fill_diagonal,
    np.put_along_axis: _put_along_axis,
    np.place: lambda target, mask, values: _into(target, mask, values),
    np.putmask: lambda target, mask, values: _into(target, mask, asarray(values)[mask] if np.ndim(values) else values),
}


def asarray(tree: Any, *args: Any, **kwargs: Any) -> Any:
    """Return a recorded array of numbers and arrays in lists."""
    if isinstance(tree, Traced) and not args and not kwargs:
        return tree
    if isinstance(tree, Number):
        return tree.array
    return apply_function(np.array, (tree, *args), kwargs)


def _a_view(result: Array, reads: list[Value]) -> Value | None:
    """Return the operand in whose memory a result lies."""
    if not result.size:
        return None
    for value in reads:
        if isinstance(value.array, np.ndarray) and value.array.size and _within(result, value.array):
            return value
    return None


def _within(view: Array, whole: Array) -> bool:
    """Whether `view` lies in the memory of `whole`'s owner."""
    owner, other = view, whole
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    while isinstance(other.base, np.ndarray):
        other = other.base
    return owner is other


def _same_place(a: Array, b: Array) -> bool:
    one, other = a.__array_interface__, b.__array_interface__
    return one["data"][0] == other["data"][0] and a.strides == b.strides and a.shape == b.shape


def _tuple(key: Any) -> tuple:
    return key if isinstance(key, tuple) else (key,)


def _is_basic(key: Any) -> bool:
    return all(k is None or k is ... or isinstance(k, (int, slice, np.integer)) for k in _tuple(key))


def _kept(key: Any) -> Any:
    """Return an index with its arrays copied, which the user may write to later."""
    if isinstance(key, np.ndarray):
        return key.copy()
    return tuple(_kept(k) for k in key) if isinstance(key, tuple) else key
