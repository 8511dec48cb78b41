import math

from compare.training.envelope import CHAOTIC, Outside, Track, envelope, first_outside, largest_ratio

EPS = 2.0**-52


def shadow(*deviations):
    return Track(list(deviations), [0.0] * len(deviations))


def test_the_bound_is_the_running_maximum_of_all_shadows_times_the_factor():
    bounds = envelope([1.0] * 3, [shadow(1e-12, 3e-12, 0.0), shadow(2e-12, 0.0, 0.0)], EPS, factor=10)
    assert [round(b / 1e-11, 9) for b in bounds.loss] == [2, 3, 3]


def test_a_bound_is_never_below_roundings_of_the_largest_loss_so_far():
    bounds = envelope([8.0, 1e-9], [shadow(0.0, 0.0)], EPS, factor=10)
    assert bounds.loss == (80 * EPS, 80 * EPS)
    assert bounds.distance == (10 * EPS, 10 * EPS)


def test_the_first_step_outside_is_found_with_its_contender():
    bounds = envelope([1.0] * 3, [shadow(1e-12, 1e-12, 1e-12)], EPS, factor=10)
    good = Track([1.0, 1.0 + 5e-12, 1.0], [0.0] * 3)
    bad = Track([1.0, 1.0, 1.1], [0.0] * 3)
    assert first_outside(bounds, [1.0] * 3, {"torch": good, "jax": bad}) == Outside(2, "jax", "loss")
    assert first_outside(bounds, [1.0] * 3, {"torch": good}) is None


def test_a_nan_is_outside():
    bounds = envelope([1.0], [shadow(1.0e-3)], EPS, factor=1)
    for track, kind in ((Track([math.nan], [0.0]), "loss"), (Track([1.0], [math.nan]), "distance")):
        assert first_outside(bounds, [1.0], {"jax": track}) == Outside(0, "jax", kind)


def test_a_bound_that_reaches_a_share_of_the_loss_is_chaos_and_no_longer_judges():
    bounds = envelope([1.0] * 3, [shadow(1e-12, CHAOTIC, 1.0)], EPS, factor=2)
    assert bounds.chaotic_from == 1
    assert first_outside(bounds, [1.0] * 3, {"jax": Track([1.0, 9.0, 9.0], [0.0] * 3)}) is None


def test_a_shadow_that_overflows_makes_the_run_chaotic():
    assert envelope([1.0, 2.0], [shadow(0.0, math.nan)], EPS).chaotic_from == 1


def test_the_ratio_is_in_units_of_the_shadows():
    bounds = envelope([1.0], [shadow(1e-12)], EPS, factor=7)
    ratio = largest_ratio(bounds, [1.0], {"jax": Track([1.0 + 4e-12], [0.0])})
    assert math.isclose(ratio, 4, rel_tol=1e-3)
