"""check_gradients: gather the witnesses, judge the gradient by them, name what is wrong."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.arrays import flatten, unflatten
from ..common.errors import UserError, nearest
from ..judge.report import Report
from ..user.on_tensors import holds_tensors, on_tensors
from ..user.subject import Subject
from ..witnesses import absent
from .check import GradientCheck, Stage, run
from .stages.calls import repeated
from .stages.directions import along, unsampled
from .stages.early import updated_early
from .stages.guards import without_guard
from .stages.in_order import first_in_order
from .stages.kinks import excused, off_the_kinks, on_the_kinks
from .stages.lines import placed
from .stages.losses import from_losses
from .stages.naming import named
from .stages.network import input_warnings, referenced, scaled
from .stages.referee import refereed
from .stages.reproduction import reproduced
from .stages.rules import rules_apart
from .stages.shared import shared_by_objects
from .stages.shown import as_written
from .stages.stopping import until_it_stops
from .stages.traced import recorded
from .stages.unread import another_read
from .stages.unrecorded import mended_unrecorded
from .stages.verdicts import conventions, judged, loss_judged
from .stages.witnesses import differences, from_network, not_recognised, own_rounding

if TYPE_CHECKING:
    from ..user.trio.trio import Trio

WITNESSES = ("torch", "jax", "numerical")
BOTH_WAYS = (
    "Each array is that of H v, the Hessian times one random vector, and R{delta}. torch and jax are the gradient of "
    "<dL/dp, v> (reverse over reverse), torch fwd and jax fwd the derivative of dL/dp along v (forward over reverse), "
    "numerical differences <dL/dp, v>"
)
STAGES: tuple[Stage[GradientCheck], ...] = (
    repeated,
    referenced,
    scaled,
    off_the_kinks,
    recorded,
    own_rounding,
    from_network,
    from_losses,
    differences,
    not_recognised,
    judged,
    unsampled,
    loss_judged,
    input_warnings,
    conventions,
    excused,
    refereed,
    until_it_stops,
    without_guard,
    first_in_order,
    updated_early,
    shared_by_objects,
    another_read,
    named,
    placed,
    mended_unrecorded,
    as_written,
    reproduced,
    along,
    rules_apart,
    on_the_kinks,
)


def check_gradients(
    hand: Any,
    params: Any = None,
    x: Any = None,
    y: Any = None,
    *,
    network: Any = None,
    torch_loss: Any = None,
    jax_loss: Callable[..., Any] | None = None,
    numpy_loss: Callable[..., Any] | None = None,
    seed: int = 0,
    about: dict[str, Any] | None = None,
    progress: Callable[[list], Iterable] | None = None,
    witnesses: Iterable[str] = WITNESSES,
    forward: bool = False,
    certify: bool = False,
) -> Report:
    """Check whether a gradient is that of its loss and, if not, name the line that is wrong and why.

    hand: a function (params, x, y) -> (loss, grads) or (loss, grads, deltas); an object with `loss_and_grads`;
        or the gradients as values (then a network or another loss is needed). Without params: an object or a list of
        layers that keeps parameters and gradients itself (`self.W1`, `self.dW1`); a copy of it is driven.
    params: arrays in any nest of dicts, lists and tuples.  x, y: the batch, samples as rows or columns.
    network: the network meant, of `manual` or of the catalogue: torch and jax take part, the loss is judged too,
        and mistakes are named exactly.
    torch_loss, jax_loss, numpy_loss: (params, x, y) -> scalar, further witnesses, in that framework's arrays;
        torch_loss may be a module, see `module_loss`.
    witnesses: which may be asked where a network is given; fewer are faster.
    forward: also run the dot-product test by the frameworks' forward modes, which take seconds to import and to
        compile; its result is in `about["directions"]`.
    certify: prove each entry right or wrong in ball arithmetic, however long that takes; the enclosures of the
        derivative are in `about["certificate"]`. Small functions are proved without it.

    Without any of these the function's own loss is differentiated numerically, and no framework is imported.
    Returns a Report. Raises UserError (`threeways.UserError`) with one line where the input is unusable.
    """
    told: dict[str, Any] = {}
    if params is None:
        from ..user.forms.given import of_object

        adapter = of_object(hand, x, y)
        hand, params, told = adapter.hand, adapter.params, adapter.about
        x, y = adapter.batch.get("x"), adapter.batch.get("y")
    if callable(hand) and holds_tensors(params):
        hand, own_loss = on_tensors(hand, params, x, y)
        torch_loss = own_loss if torch_loss is None else torch_loss
    losses = {"torch_loss": torch_loss, "jax_loss": jax_loss, "numpy_loss": numpy_loss}
    options = {
        "network": network,
        "seed": seed,
        "about": {**told, **(about or {})},
        "progress": progress,
        "forward": forward,
        "certify": certify,
    }
    return _check(hand, params, x, y, wanted=_known(witnesses), **losses, **options)


VERSIONS: tuple[Stage[GradientCheck], ...] = (
    repeated,
    own_rounding,
    from_losses,
    differences,
    judged,
    loss_judged,
)


def compare_gradients(trio: "Trio", seed: int = 0, dtype: str = "float64") -> Report:
    """Compare the gradients of a user's network in its two or three versions, and say which differs and why.

    The first that is here, of hand, torch and jax, is compared with the others; one derived by hand is checked against
    its own loss too, as `check_gradients` does. Raises UserError where a version is unusable.
    """
    from ..user.trio.trio import as_floating
    from ..user.trio.version import Version, candidate
    from .stages.ports import ported

    first = trio.here[0]
    function, params = candidate(trio)
    versions = {who: Version(trio, who) for who in trio.here if who not in (first, "hand")}
    losses: dict[str, Any] = {f"{who}_loss": version for who, version in versions.items()}
    others = [who for who in trio.here if who != first]
    if not others and first != "hand":
        raise UserError(f"only {first} is here: there is nothing to compare it with")
    subject = Subject(function, _cast(params, dtype), *as_floating((trio.x, trio.y), dtype))
    about = {
        "network": trio.describe(),
        "data": trio.name,
        "batch": len(trio.x),
        "candidate": first,
        "absent": trio.absent,
        "notes": [trio.uncarried] if trio.uncarried else [],
    }
    own = (
        {}
        if first == "hand"
        else Version(trio, first).rounding(subject.flat, subject.batch, subject.dtype, seed)
    )
    wanted = frozenset(WITNESSES if first == "hand" else ())
    options: dict[str, Any] = {"schema": "threeways/gradients/1", "about": about, "seed": seed}
    options |= {"wanted": wanted, "trio": trio}
    check = GradientCheck(subject, subject.answer(), own=own, **losses, **options)
    return run(check, (*(STAGES if first == "hand" else VERSIONS), ported))


def _cast(params: Any, dtype: str) -> Any:
    return unflatten({n: a.astype(dtype) for n, a in flatten(params).items()}, params)


def _check(hand: Any, params: Any, x: Any, y: Any, **options: Any) -> Report:
    subject = Subject(hand, params, x, y)
    return run(GradientCheck(subject, subject.answer(), **options), STAGES)


def _known(witnesses: Iterable[str]) -> frozenset[str]:
    """Return the names as a set. Raises UserError where one is unknown."""
    if isinstance(witnesses, str):
        raise UserError(f"witnesses is {witnesses!r}: a tuple is needed, ({witnesses!r},)")
    for name in witnesses:
        if name not in WITNESSES:
            raise UserError(f"no witness {name!r}: {nearest(name, WITNESSES)}")
    return frozenset(witnesses)


def assert_gradients_agree(
    hand: Any, params: Any = None, x: Any = None, y: Any = None, **options: Any
) -> Report:
    """Run `check_gradients` in a test: raise AssertionError, whose text is the report, unless every array passes."""
    __tracebackhide__ = True
    return check_gradients(hand, params, x, y, **options).raise_if_wrong()


def compare_network(
    net: Any,
    params: Any,
    x: Any,
    y: Any,
    data: Any = None,
    seed: int = 0,
    progress: Callable[[list], Iterable] | None = None,
    forward: bool = False,
    order: int = 1,
) -> Report:
    """Compare the hand-written gradients and deltas of a catalogue network with torch, jax and differences.

    params, x, y as networks.check_inputs gives them.  forward: as in `check_gradients`.
    order: 2 compares the Hessian times a random vector, and R{delta}, of an mlp; of each framework both ways. Raises
    UserError for another network.
    """
    from manual import MLP

    missing = {who: why for who in ("torch", "jax") if (why := absent(who))}
    about = {"network": net.describe(), "fields": net.fields, "data": data, "absent": missing}
    by_hand = net.build("hand")
    if order == 2:
        if type(by_hand) is not MLP:
            raise UserError(f"--order 2 is for an mlp: {net.name} has no second order by hand")
        from ..networks.draws import Draw
        from ..networks.second import curved

        by_hand = curved(Draw(by_hand, params, x, y), np.random.default_rng([seed, 3])).net
        about |= {"order": 2, "notes": [BOTH_WAYS]}
    options = {"seed": seed, "about": about, "progress": progress, "wanted": frozenset(WITNESSES)}
    schema = "threeways/gradients/1"
    return _check(by_hand, params, x, y, network=by_hand, schema=schema, forward=forward, **options)
