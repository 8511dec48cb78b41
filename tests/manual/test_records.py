"""The records of activations and criteria: every field is what the functions themselves say."""

import numpy as np
import pytest
from scipy import special

from manual import activations
from manual.activations import ACTIVATIONS
from manual.criteria import CRITERIA, FUSED

ENTRYWISE = [name for name, f in ACTIVATIONS.items() if f.entrywise]
NUMPY = vars(np) | {"erf": special.erf}
HERE = vars(activations) | {"np": np}
Z = np.random.default_rng(0).standard_normal((5, 3))


def batch(record):
    """(a, y, names): predictions in the domain, targets of the kind that the record names, names for its codes."""
    rng = np.random.default_rng(1)
    a, labels, bits = rng.uniform(0.1, 0.9, (5, 3)), rng.integers(0, 3, 5), rng.integers(0, 2, (5, 3)) * 1.0
    y = {"classes": labels, "signs": 2 * bits - 1}.get(record.targets, bits)
    return a, y, {"a": a, "y": y, "Y": np.eye(3)[labels], "N": 5, "M": 3}


@pytest.mark.parametrize("name", ENTRYWISE)
def test_the_codes_of_an_activation_are_its_function_and_its_derivative(name):
    f = ACTIVATIONS[name]
    a, slope = f(Z), f.derivative(Z)
    assert np.allclose(eval(f.f_code, NUMPY | {"z": Z}), a, rtol=1e-12)
    assert np.allclose(eval(f.slope_code, NUMPY | {"z": Z}), slope, rtol=1e-10)
    assert np.allclose(eval(f.exercise_code, HERE | {"z": Z, "a": a}), slope, rtol=1e-10)
    if f.output_code:
        assert np.allclose(eval(f.output_code, {"a": a}), slope, rtol=1e-10)


def test_the_codes_of_softmax_are_its_function_and_its_jacobian():
    f, z, da = ACTIVATIONS["softmax"], Z[:1], np.linspace(-1, 2, 3)[None]
    a = f(z)
    assert np.allclose(eval(f.f_code, NUMPY | {"z": z}), a, rtol=1e-14)
    assert np.allclose(da @ eval(f.slope_code, NUMPY | {"a": a[0]}), f.backward(da, z), rtol=1e-12)
    assert np.allclose(eval(f.exercise_code, {"a": a, "da": da}), f.backward(da, z), rtol=1e-12)


@pytest.mark.parametrize("name", CRITERIA)
def test_the_codes_of_a_criterion_are_its_function_and_its_derivative(name):
    criterion = CRITERIA[name]
    a, y, names = batch(criterion)
    assert np.isclose(eval(criterion.f_code, NUMPY | names), criterion(a, y), rtol=1e-12)
    assert np.allclose(eval(criterion.slope_code, NUMPY | names), criterion.derivative(a, y), rtol=1e-12)
    assert np.allclose(eval(criterion.exercise_code, HERE | names), criterion.derivative(a, y), rtol=1e-12)


@pytest.mark.parametrize("pair", FUSED, ids="+".join)
def test_the_codes_of_a_fused_pair_are_its_delta(pair):
    _, y, names = batch(CRITERIA[pair[1]])
    names["a"] = ACTIVATIONS[pair[0]](Z)
    delta = FUSED[pair].derivative(Z, y)
    assert np.allclose(eval(FUSED[pair].delta_code, NUMPY | names), delta, rtol=1e-12, atol=1e-16)
    assert np.allclose(eval(FUSED[pair].exercise_code, HERE | names), delta, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("name", ENTRYWISE)
def test_a_derivative_jumps_at_its_kinks_and_nowhere_else(name):
    f, z = ACTIVATIONS[name], np.linspace(-10, 10, 20_001)
    jumps = np.flatnonzero(np.abs(np.diff(f.derivative(z))) > 0.1)
    assert len(jumps) == len(f.kinks)
    for kink in f.kinks:
        beside = f.derivative(np.array([kink.at - 1e-9, kink.at + 1e-9]))
        assert beside.tolist() == [kink.left, kink.right]
    assert f.piecewise_linear == (len(np.unique(f.derivative(z))) <= 1 + len(f.kinks))


def test_the_derivative_of_hinge_jumps_at_its_kink():
    (kink,) = CRITERIA["hinge"].kinks
    beside = np.array([[kink.at - 1e-9], [kink.at + 1e-9]])
    assert (2 * CRITERIA["hinge"].derivative(beside, np.ones((2, 1)))).ravel().tolist() == [
        kink.left,
        kink.right,
    ]


@pytest.mark.parametrize("name", ENTRYWISE)
def test_an_activation_saturates_where_its_derivative_fades_without_reaching_0(name):
    f = ACTIVATIONS[name]
    for side, z in (("left", -15.0), ("right", 15.0)):
        slope = abs(f.derivative(np.array([z / 3, z])))
        assert (side in f.saturates) == (0 < slope[1] < 1e-3 * slope[0]), side


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_stays_in_its_range_and_comes_near_both_ends(name):
    f = ACTIVATIONS[name]
    z = np.append(np.linspace(-20, 20, 40_001), [-1e6, 1e6])
    a = f(z) if f.entrywise else f(np.stack([z, -z], axis=1))
    low, high = f.range
    assert low <= a.min() and a.max() <= high
    assert a.min() < low + 1e-6 if np.isfinite(low) else a.min() <= -1e4
    assert a.max() > high - 1e-6 if np.isfinite(high) else a.max() >= 1e5


def test_a_criterion_averages_over_the_outputs_where_its_record_says_so():
    """The same outputs twice: an average over them stays, a sum doubles; the cross-entropies pick one output."""
    for name, criterion in CRITERIA.items():
        if criterion.classes:
            assert not criterion.mean_over_outputs
            continue
        a, y, _ = batch(criterion)
        once, twice = criterion(a, y), criterion(np.hstack([a, a]), np.hstack([y, y]))
        assert np.isclose(twice, once if criterion.mean_over_outputs else 2 * once), name
