"""Records of the activations and criteria: the functions with all that the rest of the project knows of them.

Sheets, exercises, recognition, random draws and rounding read these records and keep no lists of their own.
Codes are NumPy expressions as text. In f_code and slope_code functions have their bare names (exp, erf), N is the
batch, M the number of outputs, Y is onehot(y); in exercise_code they are NumPy's (np.exp).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from .arrays import Array, Scalar

Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Kink:
    """A point where f is continuous and f' jumps: its slopes on both sides, and those torch and jax take at it."""

    at: float
    left: float
    right: float
    torch: float
    jax: float


@dataclass(frozen=True)
class Activation:
    """An activation a = f(z).

    forward, derivative: f and f', entry by entry.  together: z -> (f(z), f'(z)), where they share their expensive
    part.  second: f''; None where it is 0 but at kinks.
    f_tex, slope_tex: LaTeX of f(z) and f'(z).  f_code, slope_code: their codes, of z (for softmax: of a).
    exercise_code: the code of f' in an exercise, of z and a = f(z), with the `helpers` and constants of
    activations.py (for softmax: of dL/dz, from da and a).  output_code: f' by a alone, as texts write it, or "".
    kinks: where f' jumps.  saturates: on which sides ("left", "right") f' tends to 0 without reaching it.
    piecewise_linear: whether f' is constant between kinks.  entrywise: whether a_j depends on z_j alone.
    range: (low, high), the bounds of f.
    """

    forward: Function
    derivative: Function
    together: Callable[[Array], tuple[Array, Array]] | None = None
    second: Function | None = field(default=None, kw_only=True)
    f_tex: str = field(kw_only=True)
    slope_tex: str = field(kw_only=True)
    f_code: str = field(kw_only=True)
    slope_code: str = field(kw_only=True)
    exercise_code: str = field(kw_only=True)
    helpers: tuple[Callable[..., Any], ...] = ()
    output_code: str = ""
    kinks: tuple[Kink, ...] = ()
    saturates: tuple[str, ...] = ()
    piecewise_linear: bool = False
    entrywise: bool = True
    range: tuple[float, float] = (-inf, inf)

    def __call__(self, z: Array) -> Array:
        """Return f(z)."""
        return self.forward(z)

    def with_slope(self, z: Array) -> tuple[Array, Array | None]:
        """Return f(z), and f'(z) where both come together, else None."""
        return self.together(z) if self.together else (self.forward(z), None)

    def backward(self, da: Array, z: Array, slope: Array | None = None) -> Array:
        """Return dL/dz = dL/da * f'(z); da, z and the result have one shape. slope: f'(z), where it is known."""
        return da * (self.derivative(z) if slope is None else slope)

    def r_forward(self, r_z: Array, z: Array, slope: Array | None = None) -> Array:
        """Return R{a} = f'(z) * R{z}: backward's formula, for f' (and the Jacobian of softmax) is symmetric."""
        return self.backward(r_z, z, slope)

    def r_backward(self, r_da: Array, da: Array, r_z: Array, z: Array, slope: Array | None = None) -> Array:
        """Return R{dL/dz} = R{dL/da} * f'(z) + dL/da * f''(z) * R{z}"""
        along_da = self.backward(r_da, z, slope)
        return along_da if self.second is None else along_da + da * self.second(z) * r_z


@dataclass(frozen=True)
class Criterion:
    """A loss C(a, y), averaged over the batch.

    forward, derivative: C and dC/da.  r_derivative: (R{a}, a, y) -> R{dC/da}, the second derivative times R{a}.
    title: its name in a sentence.
    f_tex, slope_tex: LaTeX of C and dC/da.  f_code, slope_code: their codes, of a and y.
    exercise_code: the code of dC/da in an exercise, of a and y.
    targets: what y holds: "values", "probabilities" (0 to 1), "signs" (-1 or 1), or "classes", (N,) integers.
    domain: what a must be: "real", "probability" (each entry) or "distribution" (each row).
    mean_over_outputs: whether C is averaged over the outputs too.
    kinks: where dC/da jumps, as a function of the margin y a.
    """

    forward: Callable[[Array, Array], Scalar]
    derivative: Callable[[Array, Array], Array]
    r_derivative: Callable[[Array, Array, Array], Array]
    title: str = field(kw_only=True)
    f_tex: str = field(kw_only=True)
    slope_tex: str = field(kw_only=True)
    f_code: str = field(kw_only=True)
    slope_code: str = field(kw_only=True)
    exercise_code: str = field(kw_only=True)
    targets: str = "values"
    domain: str = "real"
    mean_over_outputs: bool = False
    kinks: tuple[Kink, ...] = ()

    @property
    def classes(self) -> bool:
        """Return whether y is (N,) integer classes."""
        return self.targets == "classes"

    def __call__(self, a: Array, y: Array) -> Scalar:
        """Return C(a, y), a scalar."""
        return self.forward(a, y)


@dataclass(frozen=True)
class Fused:
    """A last activation and a criterion as one loss of z^L; its derivative has a form in a = f(z) as well.

    r_derivative_from_output: (R{a}, a, y) -> R{.} of that form.
    delta_tex, delta_code: LaTeX and code of delta^L.  cancels_tex: LaTeX of what cancels in it.
    exercise_code: the code of delta^L in an exercise, of a and y.
    """

    forward: Callable[[Array, Array], Scalar]
    derivative: Callable[[Array, Array], Array]
    derivative_from_output: Callable[[Array, Array], Array]
    r_derivative_from_output: Callable[[Array, Array, Array], Array]
    delta_tex: str
    delta_code: str
    cancels_tex: str
    exercise_code: str

    def __call__(self, z: Array, y: Array) -> Scalar:
        """Return the loss of the net inputs z^L, a scalar."""
        return self.forward(z, y)
