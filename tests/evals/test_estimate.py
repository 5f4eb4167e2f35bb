import pytest

from evals.estimate import Estimate, estimate_balance, estimate_mean, estimate_quantile, estimate_share


def test_a_share_has_wilsons_interval() -> None:
    # By hand, z = 1.95996: centre (0.8 + z²/20) / (1 + z²/10) = 0.71674, half width 0.22658.
    found = estimate_share(8, 10)
    assert (found.value, found.count) == (0.8, 10)
    assert found.low == pytest.approx(0.71674 - 0.22658, abs=2e-5)
    assert found.high == pytest.approx(0.71674 + 0.22658, abs=2e-5)


def test_a_mean_of_yes_and_no_is_a_share() -> None:
    assert estimate_mean([1.0, 0.0, 1.0]) == estimate_share(2, 3)


def test_a_mean_of_other_values_has_an_interval_around_it_that_is_the_same_each_time() -> None:
    values = [0.0, 0.5, 1.0, 1.0, 0.25, 0.75, 1.0, 0.5]
    found = estimate_mean(values)
    assert found.value == 0.625
    assert found.low is not None
    assert found.high is not None
    assert 0.3 < found.low < 0.625 < found.high < 0.9
    assert found == estimate_mean(values)


@pytest.mark.parametrize("found", [estimate_mean([]), estimate_quantile([], 0.5), estimate_balance([], [1.0])])
def test_nothing_has_no_value(found: Estimate) -> None:
    assert found == Estimate(None, None, None, 0)


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5, 0.5]])
def test_values_that_do_not_vary_have_no_bootstrap_interval(values: list[float]) -> None:
    assert estimate_mean(values) == Estimate(0.5, None, None, len(values))


def test_quantiles_are_interpolated() -> None:
    found = estimate_quantile([1.0, 2.0, 3.0, 4.0], 0.5)
    assert found.value == 2.5
    assert found.low is not None
    assert 1.0 <= found.low < 2.5


def test_balance_weighs_both_groups_alike() -> None:
    found = estimate_balance([1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    assert found.value == pytest.approx((1 / 2 + 5 / 6) / 2)
    assert found.count == 8
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
