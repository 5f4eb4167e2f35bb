"""Measuring abstention on questions that no passage answers."""

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.fitted import Features
from evals.calibrate import Example
from evals.deceive import SIGNALS, best_point, curve, read_deceiving, reader_alone

BEST = [
    (0.9, True, True),
    (0.7, False, True),
    (0.3, True, True),
    (0.2, True, True),
    (0.6, False, False),
    (0.1, False, False),
]


@pytest.fixture
def deceiving(tmp_path: Path) -> Path:
    """A set of two passages, with a question that one answers and one that none does."""
    passages = [{"_id": f"p{place}", "title": "", "text": f"Staden har {place} vänorter."} for place in (3, 7)]
    queries = [
        {"_id": "q1", "text": "Hur många?", "metadata": {"answers": ["7", " "], "answerable": True}},
        {"_id": "q2", "text": "Vilka?", "metadata": {"answers": [], "answerable": False}},
    ]
    for name, rows in (("corpus", passages), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tp7\t1\n", "utf-8")
    return tmp_path


def test_queries_become_cases(deceiving: Path) -> None:
    answered, other = read_deceiving(deceiving)
    assert (answered.facts, answered.sources, answered.expects_answer) == ((("7",),), ("p7",), True)
    assert (other.facts, other.sources, other.expects_answer) == ((), (), False)


def test_the_curve_tells_wrong_from_needless() -> None:
    low, middle, high = curve(BEST, [0.05, 0.5, 0.95])
    assert (low["wrong"], low["needless"], low["balanced_accuracy"]) == (1, 0, 0.5)
    assert (middle["wrong"], middle["needless"], middle["beside"]) == (0.5, 0.5, 0.25)
    assert (high["wrong"], high["needless"]) == (0, 1)
    assert best_point(BEST)["balanced_accuracy"] == 0.75


def test_the_reader_alone_takes_the_likeliest_passage() -> None:
    names = list(Features.__dataclass_fields__)
    features = np.zeros((2, len(names)))
    features[:, names.index("answerable")] = (-1.0, 2.0)
    ((certain, stated, expected),) = reader_alone([Example(True, features, np.array([False, True]))])
    assert (certain, stated, expected) == (pytest.approx(0.881, abs=0.001), True, True)


def test_every_feature_but_those_of_form_belongs_to_one_signal() -> None:
    grouped = [name for names in SIGNALS.values() for name in names.split()]
    assert len(grouped) == len(set(grouped))
    assert set(Features.__dataclass_fields__) - set(grouped) == {"foreign", "long", "short"}
