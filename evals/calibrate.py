"""Fit the weights that tell which evidence unit answers a question, on question sets with known answers.

Run it again for another embedding model or other documents:

    python -m evals.calibrate QUESTIONS.jsonl=DATA_DIR [QUESTIONS.jsonl=DATA_DIR ...]

It writes `assistant/weights.json`: a logistic model over the features of `assistant.score`, and the threshold under
which an answer is not given. Each question's units are the examples; a unit is positive when it alone states every fact
that the question expects. What is printed comes from ten-fold cross-validation over questions, not from the fit itself.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answers import Turn
from assistant.assistant import Assistant
from assistant.score import Features
from evals.cases import Case, read_cases
from evals.match import documents_of, fold, states_fact

REGULARISATION = 0.3
"""Inverse strength of the L2 penalty; fewer questions than a few hundred want a strong one."""

WRONG_COSTS = 0.5
"""What a wrong answer costs, against 1 for a needless abstention."""

_NAMES = tuple(Features.__dataclass_fields__)


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
    """Weights of the features and the bias, by regularised logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression

    features = np.concatenate([example.features for example in examples])
    states = np.concatenate([example.states for example in examples])
    scale = features.std(axis=0) + 1e-6
    model = LogisticRegression(C=REGULARISATION, max_iter=5000).fit(features / scale, states)
    return model.coef_[0] / scale, float(model.intercept_[0])


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
    """The probability under which abstaining costs least; both sorts of question weigh the same in all."""
    answerable = sum(expected for _, _, expected in best)
    weight = answerable / max(len(best) - answerable, 1)

    def cost(threshold: float) -> float:
        total = 0.0
        for probability, states, expected in best:
            if probability < threshold:
                total += 1.0 if expected and states else 0.0
            elif not states:
                total += WRONG_COSTS * (0.5 if expected else weight)
        return total

    return min((round(0.05 + 0.01 * step, 2) for step in range(60)), key=cost)


def cross_validate(examples: Sequence[Example], folds: int = 10) -> list[tuple[float, bool, bool]]:
    """As `best_units`, each question with weights fitted on the others."""
    order = np.random.default_rng(0).permutation(len(examples))
    best: list[tuple[float, bool, bool]] = []
    for fold_indices in np.array_split(order, folds):
        held = set(fold_indices.tolist())
        weights, bias = fit_weights([example for index, example in enumerate(examples) if index not in held])
        best += best_units([examples[index] for index in fold_indices], weights, bias)
    return best


def summarise(best: Sequence[tuple[float, bool, bool]], threshold: float) -> dict[str, Any]:
    """Counts at a threshold."""
    expected = [entry for entry in best if entry[2]]
    others = [entry for entry in best if not entry[2]]
    return {
        "answerable": len(expected),
        "best_unit_states_all_facts": sum(states for _, states, _ in expected),
        "told": sum(states and probability >= threshold for probability, states, _ in expected),
        "needless_abstentions": sum(probability < threshold for probability, _, _ in expected),
        "unanswerable": len(others),
        "abstained": sum(probability < threshold for probability, _, _ in others),
    }


def main(arguments: Sequence[str]) -> None:
    """Collect, cross-validate, fit and write."""
    examples: list[Example] = []
    for argument in arguments:
        questions, _, data = argument.partition("=")
        assistant = Assistant.open(Path(data))
        examples += collect_examples(read_cases(Path(questions)), assistant)
        assistant.close()
    held_out = cross_validate(examples)
    threshold = choose_threshold(held_out)
    weights, bias = fit_weights(examples)
    measured = summarise(held_out, threshold)
    result = {
        "weights": {
            "bias": round(bias, 4),
            **{name: round(float(w), 4) for name, w in zip(_NAMES, weights, strict=True)},
        },
        "threshold": threshold,
        "measured": measured,
    }
    Path(str(files("assistant").joinpath("weights.json"))).write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
