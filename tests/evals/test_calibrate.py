import numpy as np
import pytest

from assistant.fitted import Features
from evals.calibrate import (
    Example,
    best_units,
    choose_threshold,
    cross_validate,
    fit_weights,
    summarise,
    without_reader,
)


def example(answerable: bool, *units: tuple[list[float], bool]) -> Example:
    return Example(answerable, np.array([features for features, _ in units]), np.array([states for _, states in units]))


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
    weights, _ = fit_weights(separable)
    assert weights[0] > 5 * abs(weights[1])


def test_held_out_questions_are_told_and_abstained_from(separable: list[Example]) -> None:
    held_out = cross_validate(separable)
    found = summarise(held_out, choose_threshold(held_out))
    assert found["told"] >= 0.95
    assert found["abstained"] >= 0.9


def test_cross_validation_is_repeatable(separable: list[Example]) -> None:
    assert cross_validate(separable) == cross_validate(separable)


def test_best_unit_is_the_most_probable() -> None:
    one = example(True, ([0.0], False), ([3.0], True), ([1.0], False))
    assert best_units([one], np.array([1.0]), -3.0) == [(0.5, True, True)]


def test_threshold_lies_between_right_answers_and_questions_without_one() -> None:
    best = [(0.8, True, True), (0.6, True, True), (0.3, False, False), (0.2, False, False)]
    assert 0.3 < choose_threshold(best) <= 0.6


def test_of_thresholds_that_cost_the_same_the_middle_one_is_taken() -> None:
    best = [(0.8, True, True), (0.6, True, True), (0.3, False, False), (0.2, False, False)]
    assert choose_threshold(best) == pytest.approx(0.45, abs=0.011)


def test_features_of_the_reader_are_left_out_without_one() -> None:
    names = list(Features.__dataclass_fields__)
    one = Example(True, np.ones((2, len(names))), np.array([True, False]))
    left = dict(zip(names, without_reader(one).features[0].tolist(), strict=True))
    assert {name for name, value in left.items() if value == 0} == {"answerable", "relevant", "held", "focus"}


def test_what_speaks_for_a_unit_gets_no_weight_below_zero() -> None:
    """The first two features are `coverage` and `fullest`; here the second would be set against the first."""
    generator = np.random.default_rng(3)
    examples = []
    for _ in range(50):
        first = generator.normal(size=4)
        features = np.stack([first, first + generator.normal(0, 0.1, 4)], axis=1)
        examples.append(Example(True, features, first - 0.8 * features[:, 1] > 0.1))
    weights, _ = fit_weights(examples)
    assert weights[0] >= 0
    assert weights[1] >= 0
