"""Means with 95 % intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value over some questions.

    Attributes:
        value: None where no question has one.
        low: Lower end of the 95 % interval; None where the values give none (fewer than two, or all alike).
        high: Its upper end.
        count: Number of questions it is over.
    """

    value: float | None
    low: float | None
    high: float | None
    count: int


def estimate_share(yes: int, count: int) -> Estimate:
    """A share, with Wilson's score interval.

    E. B. Wilson: Probable inference, the law of succession, and statistical inference. JASA 22 (1927).
    """
    if not count:
        return Estimate(None, None, None, 0)
    from scipy.stats import binomtest

    interval = binomtest(yes, count).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(yes / count, float(interval.low), float(interval.high), count)


def estimate_mean(values: Sequence[float]) -> Estimate:
    """A mean over questions: of yes and no as a share, of other values with the bootstrap's interval."""
    if all(value in (0.0, 1.0) for value in values):
        return estimate_share(sum(map(int, values)), len(values))
    return _bootstrap([values], _mean)


def estimate_quantile(values: Sequence[float], quantile: float) -> Estimate:
    """A quantile between 0 and 1 over questions, with the bootstrap's interval."""
    if not values:
        return Estimate(None, None, None, 0)
    return _bootstrap([values], lambda sample, axis: np.asarray(np.quantile(sample, quantile, axis=axis)))


def estimate_balance(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """The mean of two groups' means, however large each is (balanced accuracy), with the bootstrap's interval."""
    if not (first and second):
        return Estimate(None, None, None, 0)
    return _bootstrap([first, second], lambda one, other, axis: (_mean(one, axis) + _mean(other, axis)) / 2)


def _mean(sample: Floats, axis: int) -> Floats:
    return np.asarray(np.mean(sample, axis=axis))


def _bootstrap(samples: Sequence[Sequence[float]], statistic: Callable[..., Floats]) -> Estimate:
    """A statistic with the percentile bootstrap's interval over questions; the same at every call.

    B. Efron, R. Tibshirani: An introduction to the bootstrap (1993), chapter 13.
    """
    arrays = [np.asarray(sample, dtype=np.float64) for sample in samples]
    value, count = float(statistic(*arrays, axis=-1)), sum(map(len, samples))
    if min(map(len, samples)) < 2 or all(len(set(sample)) == 1 for sample in samples):
        return Estimate(value, None, None, count)
    from scipy.stats import bootstrap

    interval = bootstrap(
        arrays,
        statistic,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        batch=100,
        confidence_level=CONFIDENCE,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high), count)
