import json
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from evals.collection import as_document, best_of_documents, evaluate_retrieval
from evals.retrieval import CorpusDocument
from ingest.document import Field

TEXTS = {
    "vattenbruk": "Kommunen vill utveckla vattenbruk vid kusten.\nDet sker tillsammans med hamnen.",
    "vanorter": "Staden har fem vänorter i Norden.",
    "europakontor": "Regionen har ett kontor i Bryssel.",
}


class HashedWords:
    """Embeds words by a hash of them, so that texts with a word in common are near."""

    fingerprint = "hashed-words"
    max_tokens = 512

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [2 + len(text.split()) for text in texts]

    def embed_array(self, texts: Sequence[str], *, kind: str) -> NDArray[np.float32]:
        vectors = np.full((len(texts), 256), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").replace("?", " ").split():
                vectors[row, crc32(word.encode()) % 256] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "qrels").mkdir()
    documents = [{"_id": key, "title": "", "text": text} for key, text in TEXTS.items()]
    queries = [{"_id": "q1", "text": "Vilka vänorter har staden?"}, {"_id": "q2", "text": "Vem har kontor i Bryssel?"}]
    for name, lines in (("corpus", documents), ("queries", queries)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    qrels = "query-id\tcorpus-id\tscore\nq1\tvanorter\t1\nq2\teuropakontor\t1\n"
    (tmp_path / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return tmp_path


def test_the_stores_own_retrieval_is_measured_in_three_ways(folder: Path, tmp_path: Path) -> None:
    found = evaluate_retrieval(folder, tmp_path / "out", HashedWords(), quiet=True)
    for name in ("measures", "dense", "lexical"):
        assert found[name] == {"nDCG@10": 1.0, "R@10": 1.0, "RR@10": 1.0}
    assert set(found["seconds"]) == {"index", "hybrid", "dense", "lexical"}
    assert list(found) == ["measures", "dense", "lexical", "seconds"]
    written = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert written["per_query"]["hybrid"]["nDCG@10"] == {"q1": 1.0, "q2": 1.0}
    assert sorted(path.name for path in (tmp_path / "out").glob("*.run")) == ["dense.run", "hybrid.run", "lexical.run"]


def test_what_the_lexical_half_does_not_find_is_not_ranked_by_it(folder: Path, tmp_path: Path) -> None:
    evaluate_retrieval(folder, tmp_path / "out", HashedWords(), quiet=True)
    runs = {
        name: [
            line.split()[2]
            for line in (tmp_path / "out" / f"{name}.run").read_text("utf-8").splitlines()
            if "q1 " in line
        ]
        for name in ("dense", "lexical")
    }
    assert "vattenbruk" not in runs["lexical"]
    assert sorted(runs["dense"]) == sorted(TEXTS)


def test_a_document_stands_where_its_best_chunk_does() -> None:
    assert best_of_documents([("a", 0.1), ("b", 0.4), ("a", 0.5), ("c", 0.4)]) == [("a", 0.5), ("b", 0.4), ("c", 0.4)]


def test_an_entry_becomes_a_document_with_its_language() -> None:
    document = as_document(CorpusDocument(_id="x", title="", text=TEXTS["vattenbruk"]))
    assert document.fact(Field.LANGUAGE) == "sv"
    assert len(document.blocks) == 2
    assert document.title == " "


def test_one_half_can_be_measured_alone(folder: Path, tmp_path: Path) -> None:
    found = evaluate_retrieval(folder, tmp_path / "out", HashedWords(), modes=["lexical"], quiet=True)
    assert found["measures"] == found["lexical"] == {"nDCG@10": 1.0, "R@10": 1.0, "RR@10": 1.0}
    assert found["dense"] == {}
    assert set(found["seconds"]) == {"index", "lexical"}
    assert [path.name for path in (tmp_path / "out").glob("*.run")] == ["lexical.run"]
