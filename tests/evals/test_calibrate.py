import numpy as np
import pytest

from assistant.fitted import Features, Grounds
from evals.calibrate import (
    READ,
    Example,
    Fit,
    best_units,
    choose_threshold,
    cross_validate,
    fit,
    fit_both,
    summarise,
    without,
)

NAMES = tuple(Features.__dataclass_fields__)


def example(answerable: bool, *units: tuple[list[float], bool]) -> Example:
    """Each unit with the values of the first features, and nothing in the others."""
    features = np.zeros((len(units), len(NAMES)))
    for row, (values, _) in zip(features, units, strict=True):
        row[: len(values)] = values
    return Example(answerable, features, np.array([states for _, states in units]))


@pytest.fixture
def separable() -> list[Example]:
    generator = np.random.default_rng(7)
    examples = []
    for index in range(60):
        answerable = index % 3 != 0
        units = [([generator.normal(0, 0.3), generator.normal()], False) for _ in range(5)]
        if answerable:
            units.insert(index % 5, ([generator.normal(2, 0.3), generator.normal()], True))
        examples.append(example(answerable, *units))
    return examples


def test_the_telling_feature_gets_the_weight(separable: list[Example]) -> None:
    units, _ = fit_both(separable)
    assert units.weights[0] > 5 * abs(units.weights[1])


def test_held_out_questions_are_told_and_abstained_from(separable: list[Example]) -> None:
    held_out = cross_validate(separable)
    found = summarise(held_out, choose_threshold(held_out))
    assert found["told"] >= 0.95
    assert found["abstained"] >= 0.9


def test_cross_validation_is_repeatable(separable: list[Example]) -> None:
    assert cross_validate(separable) == cross_validate(separable)


def test_best_unit_is_the_most_probable() -> None:
    one = example(True, ([0.0], False), ([3.0], True), ([1.0], False))
    by_first = Fit(np.eye(len(NAMES))[0], -3.0)
    certain = Fit(np.eye(len(Grounds.__dataclass_fields__))[0], 0.0)  # as likely as the unit is
    assert best_units([one], by_first, certain) == [(pytest.approx(0.5), True, True)]


def test_threshold_lies_between_right_answers_and_questions_without_one() -> None:
    best = [(0.8, True, True), (0.6, True, True), (0.3, False, False), (0.2, False, False)]
    assert 0.3 < choose_threshold(best) <= 0.6


def test_of_thresholds_that_cost_the_same_the_lowest_is_taken() -> None:
    best = [(0.8, True, True), (0.6, True, True), (0.3, False, False), (0.2, False, False)]
    assert choose_threshold(best) == pytest.approx(0.31, abs=0.011)


def test_features_of_the_reader_are_left_out_without_one() -> None:
    names = list(Features.__dataclass_fields__)
    one = Example(True, np.ones((2, len(names))), np.array([True, False]))
    left = dict(zip(names, without(one, READ).features[0].tolist(), strict=True))
    assert {name for name, value in left.items() if value == 0} == {"answerable", "relevant", "share", "held", "focus"}


def test_what_speaks_for_a_unit_gets_no_weight_below_zero() -> None:
    generator = np.random.default_rng(3)
    first = generator.normal(size=200)
    values = np.stack([first, first + generator.normal(0, 0.1, 200)], axis=1)
    labels = first > values[:, 1]
    free = fit(values, labels, [(None, None)] * 2)
    bounded = fit(values, labels, [(0.0, None)] * 2)
    assert free.weights[1] < 0 <= bounded.weights.min()


def test_balanced_examples_weigh_the_same_in_all() -> None:
    values = np.array([[1.0]] * 9 + [[1.0]])
    labels = np.array([True] * 9 + [False])
    bounds = [(0.0, 0.0)]
    assert fit(values, labels, bounds).probability(values)[0] == pytest.approx(0.9, abs=0.01)
    assert fit(values, labels, bounds, balanced=True).probability(values)[0] == pytest.approx(0.5, abs=0.01)
