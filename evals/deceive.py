"""Measure abstaining on questions written to deceive: a set in BEIR form with questions that no passage answers.

    python -m evals.deceive ../shared/evals/beir/squad-sv --data build/squad-sv

Only the set's passages are in the store. Queries have `metadata.answers` and `metadata.answerable`. Printed are the
curve of wrong answers against needless abstentions by the models that ship, their operating point, and what each
signal adds, by models fitted on this set and tried on questions that they were not fitted on.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.assistant import Assistant
from assistant.fitted import Features, Grounds, model_of
from assistant.settings import load_settings
from evals.calibrate import Example, Fit, best_units, collect_examples, cross_validate, without
from evals.cases import Case, take_cases
from evals.collection import index_corpus
from evals.errors import RetrievalSetError
from evals.jsonl import read_text
from evals.retrieval import read_retrieval_set
from vectorstore.embed import SentenceEmbeddings
from vectorstore.store import Store

SIGNALS = {
    "words of the question": "coverage fullest inside row_inside missing foreign_inside",
    "nearness in meaning": "nearness lead foreign_nearness",
    "place among the passages found": "passage first",
    "kind of thing asked for": "typed explains asked listed unlisted",
    "names and years": "named dated",
    "the reader's relevance": "relevant share",
    "the reader's answerability": "answerable",
    "the reader's span": "held focus",
}
"""Features that go together, by what they tell."""

Best = Sequence[tuple[float, bool, bool]]
"""For each question how certain an answer is, whether the best unit states it, and whether one is expected."""


def read_deceiving(folder: Path) -> list[Case]:
    """The set's queries as cases; those without a judgement are the ones that nothing answers.

    Raises:
        RetrievalSetError: The set cannot be used.
    """
    judged = read_retrieval_set(folder).qrels
    cases: list[Case] = []
    for line in read_text(folder / "queries.jsonl", RetrievalSetError).splitlines():
        query: dict[str, Any] = json.loads(line)
        known = query["metadata"]
        answers = tuple(answer for answer in known["answers"] if answer.strip())
        sources = tuple(document for document, grade in judged.get(query["_id"], {}).items() if grade > 0)
        cases.append(
            Case(
                id=query["_id"],
                question=query["text"],
                answerable=known["answerable"],
                facts=(answers,) if known["answerable"] else (),
                sources=sources if known["answerable"] else (),
            )
        )
    return cases


def open_over(folder: Path, data: Path) -> Assistant:
    """The assistant over a store with the set's passages, made where it is not there."""
    settings = load_settings(data=data)
    complete = data / "complete"
    if not complete.exists():
        store = Store(data, SentenceEmbeddings.load(settings.embedding_model, settings.cache))
        index_corpus(store, read_retrieval_set(folder))
        store.close()
        complete.touch()
    return Assistant.open(data, settings)


def shipped(examples: Sequence[Example]) -> tuple[Best, float]:
    """How the models that ship judge the questions, and their threshold."""
    model = model_of(read=True)
    fits = []
    for weights, names in ((model.weights, Features), (model.grounds, Grounds)):
        values = [weights.get(name, 0.0) for name in names.__dataclass_fields__]
        fits.append(Fit(np.array(values), weights["bias"]))
    return best_units(examples, *fits), model.threshold


def reader_alone(examples: Sequence[Example]) -> Best:
    """As `shipped`, by the greatest answerability that the reader gives to a passage."""
    column = list(Features.__dataclass_fields__).index("answerable")
    logits = [(example.features[:, column], example) for example in examples]
    return [
        (float(1 / (1 + np.exp(-values.max()))), bool(example.states[values.argmax()]), example.answerable)
        for values, example in logits
    ]


def curve(best: Best, thresholds: Sequence[float]) -> Iterator[dict[str, float]]:
    """At each threshold: `wrong` of the questions without an answer, `needless` of those with one, and the rest.

    `beside` is the share of the questions with an answer to which one is given whose best unit does not state it;
    `balanced_accuracy` the mean of: answered, of questions with an answer; abstained from, of those without.
    """
    certain, states, expected = (np.array(column) for column in zip(*best, strict=True))
    for threshold in thresholds:
        told = certain >= threshold
        wrong, needless = float(told[~expected].mean()), float((~told)[expected].mean())
        yield {
            "threshold": threshold,
            "wrong": wrong,
            "needless": needless,
            "beside": float((told & ~states)[expected].mean()),
            "balanced_accuracy": 1 - (wrong + needless) / 2,
        }


def best_point(best: Best) -> dict[str, float]:
    """The point of the curve with the greatest balanced accuracy."""
    return max(curve(best, [step / 200 for step in range(1, 200)]), key=lambda point: point["balanced_accuracy"])


def ablation(examples: Sequence[Example]) -> dict[str, float]:
    """Balanced accuracy with every signal, and without each, on questions that nothing was fitted on."""
    found: dict[str, float] = {}
    for name, left_out in {"all": "", **{f"without {signal}": names for signal, names in SIGNALS.items()}}.items():
        left = [without(example, left_out.split()) for example in examples]
        found[name] = best_point(cross_validate(left, folds=5, orders=1))["balanced_accuracy"]
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure abstaining on questions written to deceive.")
    parser.add_argument("set", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="where the set's passages are kept for the next time")
    parser.add_argument("--take", type=int, help="put only so many of the questions, spread evenly")
    arguments = parser.parse_args()
    cases = read_deceiving(arguments.set)
    cases = take_cases(cases, arguments.take) if arguments.take else cases
    assistant = open_over(arguments.set, arguments.data)
    examples = collect_examples(cases, assistant)
    assistant.close()
    best, threshold = shipped(examples)
    report = {
        "curve": list(curve(best, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])),
        "operating_point": next(curve(best, [threshold])),
        "best_point": best_point(best),
        "reader_alone": best_point(reader_alone(examples)),
        "balanced_accuracy_fitted_here": ablation(examples),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
