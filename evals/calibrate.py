"""Fit the weights that tell which evidence unit answers a question, on question sets with known answers.

Run it again for another embedding model or other documents:

    python -m evals.calibrate QUESTIONS.jsonl=DATA_DIR [QUESTIONS.jsonl=DATA_DIR ...]

It writes `assistant/weights.json`: for evidence that the reader has read and for evidence that none has, two logistic
models and a threshold. The first tells which unit answers: each question's units are its examples, and a unit is
positive when it alone states every fact that the question expects. The second tells whether there is an answer: the
best unit of each question is its example, positive where that unit answers, negative where nothing does; what is best
for a question that has an answer and does not state it is left out. Under the threshold of what the second says no
answer is given. What is printed comes from ten-fold cross-validation over questions, five times over, not from the fit.
"""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answers import Turn
from assistant.assistant import Assistant
from assistant.fitted import Features, Grounds, grounds_for
from assistant.settings import load_settings
from evals.cases import Case, read_cases
from evals.match import documents_of, fold, states_fact
from vectorstore.open_reader import BUNDLED

REGULARISATION = 0.3
"""Inverse strength of the L2 penalty; fewer questions than a few hundred want a strong one."""

WRONG_COSTS = 0.42
"""What an answer costs to a question that has none, against 1 for a needless abstention."""

BESIDE_COSTS = 0.15
"""What it costs to answer beside the point: further evidence is told as well, and often holds the answer."""

ALIKE = 1.05
"""Thresholds cost the same whose cost is within this factor of the least: a question more or less decides nothing."""

ORDERS = 5
"""How often the questions are divided anew for cross-validation."""

_NAMES = tuple(Features.__dataclass_fields__)
_FOR = (
    "coverage fullest inside row_inside nearness lead passage first typed asked named dated foreign_nearness listed "
    "answerable relevant share held focus"
)
_BOUNDS: Mapping[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(_FOR.split(), (0.0, None)),
    "missing": (None, 0.0),
    "nearness": (0.1, None),  # what is near in meaning comes first where nothing else tells two units apart
}

_GROUND_NAMES = tuple(Grounds.__dataclass_fields__)
_GROUND_BOUNDS: Mapping[str, tuple[float | None, float | None]] = {
    **dict.fromkeys("probability any answerable typed nearness".split(), (0.0, None)),
    "missing": (None, 0.0),
}

READ = frozenset(("answerable", "relevant", "share", "held", "focus"))
"""Features that only a reader gives."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its evidence units.

    Attributes:
        answerable: Whether an answer is expected.
        features: Shape (units, features).
        states: For each unit, whether it states all that is expected.
    """

    answerable: bool
    features: NDArray[np.float64]
    states: NDArray[np.bool_]


def collect_examples(cases: Sequence[Case], assistant: Assistant) -> list[Example]:
    """The evidence units that the assistant reads closely for each question, with what they state."""
    known = [record.id for record in assistant.documents()]
    examples: list[Example] = []
    for case in cases:
        history = [Turn(turn.question) for turn in case.history]
        scored = assistant.read_closely(case.question, history)
        if not scored:
            continue
        right = {document for source in case.sources for document in documents_of(source, known)}
        states = [
            bool(case.facts)
            and entry.unit.document in right
            and all(states_fact(fold(entry.unit.text), spellings) for spellings in case.facts)
            for entry in scored
        ]
        rows = [list(asdict(entry.features).values()) for entry in scored]
        examples.append(Example(bool(case.expects_answer), np.array(rows, float), np.array(states, bool)))
    return examples


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights of features or grounds, in their order, and the bias."""

    weights: NDArray[np.float64]
    bias: float

    def probability(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """For values of shape (..., features)."""
        logits = values @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-logits)))

    def as_json(self, names: Sequence[str], varies: NDArray[np.bool_]) -> dict[str, float]:
        """Weights by name, of what is not always nothing."""
        told = zip(names, self.weights, varies, strict=True)
        return {"bias": round(self.bias, 4), **{name: round(float(weight), 4) for name, weight, some in told if some}}


def fit(
    values: NDArray[np.float64],
    labels: NDArray[np.bool_],
    bounds: Sequence[tuple[float | None, float | None]],
    *,
    balanced: bool = False,
) -> Fit:
    """Regularised logistic regression on standardised values of shape (examples, features).

    What speaks for a unit by its meaning gets no weight below zero, and what speaks against it none above: where
    features tell nearly the same, a fit without bounds sets one against the other.

    Args:
        values: The features.
        labels: Which examples are positive.
        bounds: Least and greatest weight of each feature.
        balanced: Whether positive and negative examples weigh the same in all.
    """
    from scipy.optimize import minimize

    scale = values.std(axis=0) + 1e-6
    standard, signs = values / scale, np.where(labels, 1.0, -1.0)
    share = max(float(labels.mean()), 1e-6)
    counts = np.where(labels, 0.5 / share, 0.5 / max(1 - share, 1e-6)) if balanced else np.ones(len(labels))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = signs * (standard @ weights[:-1] + weights[-1])
        slope = -signs * counts / (1 + np.exp(np.clip(margins, -50, 50)))
        total = (counts * np.logaddexp(0, -margins)).sum() + (weights[:-1] ** 2).sum() / (2 * REGULARISATION)
        return float(total), np.append(standard.T @ slope + weights[:-1] / REGULARISATION, slope.sum())

    start = np.zeros(len(scale) + 1)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)], options={"maxiter": 2000}
    )
    return Fit(found.x[:-1] / scale, float(found.x[-1]))


def fit_both(examples: Sequence[Example]) -> tuple[Fit, Fit]:
    """What tells which unit answers, and what tells whether any does."""
    features = np.concatenate([example.features for example in examples])
    states = np.concatenate([example.states for example in examples])
    units = fit(features, states, [_BOUNDS.get(name, (None, None)) for name in _NAMES])
    best = [(*_best(example, units), example.answerable) for example in examples]
    clear = [(grounds, answerable) for grounds, stated, answerable in best if stated or not answerable]
    values, labels = (np.array(column) for column in zip(*clear, strict=True))
    bounds = [_GROUND_BOUNDS.get(name, (None, None)) for name in _GROUND_NAMES]
    return units, fit(values, labels, bounds, balanced=True)


def _best(example: Example, units: Fit) -> tuple[NDArray[np.float64], bool]:
    """The grounds that the likeliest unit gives, and whether it states the answer."""
    probabilities = units.probability(example.features)
    first = int(np.argmax(probabilities))
    features = Features(**dict(zip(_NAMES, example.features[first].tolist(), strict=True)))
    grounds = grounds_for(features, float(probabilities[first]), probabilities.tolist())
    return np.array(list(asdict(grounds).values())), bool(example.states[first])


def best_units(examples: Sequence[Example], units: Fit, grounds: Fit) -> list[tuple[float, bool, bool]]:
    """For each question: how certain an answer is, whether the best unit states it, whether one is expected."""
    best: list[tuple[float, bool, bool]] = []
    for example in examples:
        values, stated = _best(example, units)
        best.append((float(grounds.probability(values)), stated, example.answerable))
    return best


def choose_threshold(best: Sequence[tuple[float, bool, bool]]) -> float:
    """The certainty under which abstaining costs least; both sorts of question weigh the same in all.

    Where several cost nearly the same, the lowest: what is told beside the best unit holds some answers that it does
    not.
    """
    answerable = sum(expected for _, _, expected in best)
    weight = answerable / max(len(best) - answerable, 1)

    def cost(threshold: float) -> float:
        total = 0.0
        for probability, states, expected in best:
            if probability < threshold:
                total += 1.0 if expected and states else 0.0
            elif not states:
                total += BESIDE_COSTS if expected else WRONG_COSTS * weight
        return total

    costs = {round(0.05 + 0.01 * step, 2): cost(round(0.05 + 0.01 * step, 2)) for step in range(60)}
    return min(threshold for threshold, costing in costs.items() if costing <= ALIKE * min(costs.values()))


def cross_validate(
    examples: Sequence[Example], folds: int = 10, orders: int = ORDERS
) -> list[tuple[float, bool, bool]]:
    """As `best_units`, each question `orders` times with weights fitted on others, drawn anew each time."""
    best: list[tuple[float, bool, bool]] = []
    for seed in range(orders):
        order = np.random.default_rng(seed).permutation(len(examples))
        for fold_indices in np.array_split(order, folds):
            held = set(fold_indices.tolist())
            fitted = fit_both([example for index, example in enumerate(examples) if index not in held])
            best += best_units([examples[index] for index in fold_indices], *fitted)
    return best


def summarise(best: Sequence[tuple[float, bool, bool]], threshold: float) -> dict[str, Any]:
    """Shares at a threshold: of the questions with an answer, and of those without."""
    expected = [entry for entry in best if entry[2]]
    others = [entry for entry in best if not entry[2]]

    def share(count: int, of: Sequence[object]) -> float:
        return round(count / max(len(of), 1), 3)

    return {
        "best_unit_states_all_facts": share(sum(states for _, states, _ in expected), expected),
        "told": share(sum(states and probability >= threshold for probability, states, _ in expected), expected),
        "needless_abstentions": share(sum(probability < threshold for probability, _, _ in expected), expected),
        "abstained": share(sum(probability < threshold for probability, _, _ in others), others),
    }


def fit_model(examples: Sequence[Example]) -> dict[str, Any]:
    """Weights, threshold and what cross-validation measured, as they stand in `weights.json`."""
    held_out = cross_validate(examples)
    threshold = choose_threshold(held_out)
    units, grounds = fit_both(examples)
    varies = np.any([example.features.any(axis=0) for example in examples], axis=0)
    return {
        "weights": units.as_json(_NAMES, varies),
        "grounds": grounds.as_json(_GROUND_NAMES, np.ones(len(_GROUND_NAMES), bool)),
        "threshold": threshold,
        "questions": {
            "answerable": sum(example.answerable for example in examples),
            "unanswerable": sum(not example.answerable for example in examples),
        },
        "measured": summarise(held_out, threshold),
    }


def main(arguments: Sequence[str]) -> None:
    """Collect, cross-validate, fit and write."""
    result: dict[str, Any] = {}
    for name, reranker in (("read", BUNDLED), ("unread", "")):
        examples: list[Example] = []
        for argument in arguments:
            questions, _, data = argument.partition("=")
            assistant = Assistant.open(Path(data), load_settings(data=Path(data), reranker=reranker))
            examples += collect_examples(read_cases(Path(questions)), assistant)
            assistant.close()
        result[name] = fit_model(examples if reranker else [without(example, READ) for example in examples])
    Path(str(files("assistant").joinpath("weights.json"))).write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


def without(example: Example, names: Collection[str]) -> Example:
    """The example with nothing in some features."""
    kept = np.array([name not in names for name in _NAMES], float)
    return replace(example, features=example.features * kept)


if __name__ == "__main__":
    main(sys.argv[1:])
