"""Fit the weights that tell which evidence unit answers a question, on question sets with known answers.

Run it again for another embedding model or other documents:

    python -m evals.calibrate QUESTIONS.jsonl=DATA_DIR [QUESTIONS.jsonl=DATA_DIR ...]

It writes `assistant/weights.json`: two logistic models over the features of `assistant.fitted`, for evidence that
the reader has read and for evidence that none has, each with the threshold under which an answer is not given. Each
question's units are the examples; a unit is positive when it alone states every fact that the question expects. What is
printed comes from ten-fold cross-validation over questions, five times over, not from the fit itself.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answers import Turn
from assistant.assistant import Assistant
from assistant.fitted import Features
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
    "answerable relevant held focus"
)
_BOUNDS: Mapping[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(_FOR.split(), (0.0, None)),
    "missing": (None, 0.0),
    "nearness": (0.1, None),  # what is near in meaning comes first where nothing else tells two units apart
}

_READ = frozenset(("answerable", "relevant", "held", "focus"))
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


def fit_weights(examples: Sequence[Example]) -> tuple[NDArray[np.float64], float]:
    """Weights of the features and the bias, by regularised logistic regression on standardised features.

    What speaks for a unit by its meaning gets no weight below zero, and what speaks against it none above: where
    features tell nearly the same, a fit without bounds sets one against the other.
    """
    from scipy.optimize import minimize

    features = np.concatenate([example.features for example in examples])
    states = np.concatenate([example.states for example in examples])
    scale = features.std(axis=0) + 1e-6
    count = features.shape[1]
    standard, signs = features / scale, np.where(states, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = signs * (standard @ weights[:-1] + weights[-1])
        slope = -signs / (1 + np.exp(np.clip(margins, -50, 50)))
        total = np.logaddexp(0, -margins).sum() + (weights[:-1] ** 2).sum() / (2 * REGULARISATION)
        return float(total), np.append(standard.T @ slope + weights[:-1] / REGULARISATION, slope.sum())

    bounds = [_BOUNDS.get(name, (None, None)) for name in _NAMES[:count]] + [(None, None)]
    found = minimize(loss, np.zeros(count + 1), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000})
    return found.x[:-1] / scale, float(found.x[-1])


def best_units(
    examples: Sequence[Example], weights: NDArray[np.float64], bias: float
) -> list[tuple[float, bool, bool]]:
    """For each question: the best unit's probability, whether it states the answer, whether one is expected."""
    best: list[tuple[float, bool, bool]] = []
    for example in examples:
        probabilities = 1 / (1 + np.exp(-(example.features @ weights + bias)))
        first = int(np.argmax(probabilities))
        best.append((float(probabilities[first]), bool(example.states[first]), example.answerable))
    return best


def choose_threshold(best: Sequence[tuple[float, bool, bool]]) -> float:
    """The probability under which abstaining costs least; both sorts of question weigh the same in all.

    Where several cost nearly the same, the middle one.
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
    alike = [threshold for threshold, costing in costs.items() if costing <= ALIKE * min(costs.values())]
    return alike[(len(alike) - 1) // 2]


def cross_validate(examples: Sequence[Example], folds: int = 10) -> list[tuple[float, bool, bool]]:
    """As `best_units`, each question `ORDERS` times with weights fitted on others, drawn anew each time."""
    best: list[tuple[float, bool, bool]] = []
    for seed in range(ORDERS):
        order = np.random.default_rng(seed).permutation(len(examples))
        for fold_indices in np.array_split(order, folds):
            held = set(fold_indices.tolist())
            weights, bias = fit_weights([example for index, example in enumerate(examples) if index not in held])
            best += best_units([examples[index] for index in fold_indices], weights, bias)
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
    weights, bias = fit_weights(examples)
    varies = np.any([example.features.any(axis=0) for example in examples], axis=0)
    told = {
        name: round(float(weight), 4) for name, weight, counts in zip(_NAMES, weights, varies, strict=True) if counts
    }
    return {
        "weights": {"bias": round(bias, 4), **told},
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
        result[name] = fit_model(examples if reranker else [without_reader(example) for example in examples])
    Path(str(files("assistant").joinpath("weights.json"))).write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


def without_reader(example: Example) -> Example:
    """The example with nothing in the features that only a reader gives."""
    kept = np.array([name not in _READ for name in _NAMES], float)
    return replace(example, features=example.features * kept)


if __name__ == "__main__":
    main(sys.argv[1:])
