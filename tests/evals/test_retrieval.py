import json
from math import log2
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.errors import OutputError, RetrievalSetError
from evals.retrieval import measure_retrieval, read_retrieval_set, strictly_decreasing


def write_set(folder: Path, queries: list[dict[str, object]], qrels: str, corpus: str = "abcd") -> Path:
    (folder / "qrels").mkdir(parents=True)
    documents = [{"_id": name, "title": "", "text": f"text {name}", "metadata": {}} for name in corpus]
    for name, lines in (("corpus", documents), ("queries", queries)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + qrels, encoding="utf-8")
    return folder


QUERIES: list[dict[str, object]] = [
    {"_id": "q1", "text": "ett", "metadata": {"answers": ["1"], "answerable": True}},
    {"_id": "q2", "text": "två"},
    {"_id": "q3", "text": "tre", "metadata": {"answerable": False}},
    {"_id": "q4", "text": "fyra"},
]
QRELS = "q1\ta\t1\nq1\tb\t1\nq2\tc\t1\n"


def test_queries_without_judgements_are_left_out_and_counted(tmp_path: Path) -> None:
    found = read_retrieval_set(write_set(tmp_path, QUERIES, QRELS))
    assert found.queries == {"q1": "ett", "q2": "två"}
    assert found.qrels == {"q1": {"a": 1, "b": 1}, "q2": {"c": 1}}
    assert (found.unanswerable, found.unjudged, len(found.corpus)) == (1, 1, 4)


def test_measures_worked_by_hand_and_a_query_without_results_scores_zero(tmp_path: Path) -> None:
    rankings = {"ett": [("d", 0.9), ("a", 0.5), ("c", 0.4), ("b", 0.3)], "två": []}
    found = measure_retrieval(
        read_retrieval_set(write_set(tmp_path, QUERIES, QRELS)),
        {"hybrid": lambda query, top_k: rankings[query]},
        quiet=True,
    )
    mode = found.modes["hybrid"]
    ndcg = (1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3))
    assert mode.values["nDCG@10"] == {"q1": pytest.approx(ndcg), "q2": 0.0}
    assert mode.values["R@10"] == {"q1": 1.0, "q2": 0.0}
    assert mode.values["RR@10"] == {"q1": 0.5, "q2": 0.0}
    assert mode.means["nDCG@10"].value == pytest.approx(ndcg / 2)
    assert mode.means["nDCG@10"].count == 2


def test_ties_keep_the_order_of_the_ranking_in_every_measure(tmp_path: Path) -> None:
    # The names would sort the other way; 1e-12 is nothing in single precision.
    ranking = [("d", 0.5), ("a", 0.5 - 1e-12), ("b", 0.5), ("a", 0.4)]
    found = measure_retrieval(
        read_retrieval_set(write_set(tmp_path, QUERIES, "q1\td\t1\n")),
        {"hybrid": lambda query, top_k: ranking},
        quiet=True,
    )
    assert {name: mean.value for name, mean in found.modes["hybrid"].means.items()} == {
        "nDCG@10": 1.0,
        "R@10": 1.0,
        "RR@10": 1.0,
    }


@given(st.lists(st.tuples(st.text(min_size=1), st.floats(-1e6, 1e6)), max_size=50))
def test_scores_strictly_decrease_in_the_order_given(ranking: list[tuple[str, float]]) -> None:
    scores = strictly_decreasing(ranking)
    assert list(scores) == list(dict.fromkeys(document for document, _ in ranking))
    assert all(before > after for before, after in zip(list(scores.values()), list(scores.values())[1:], strict=False))


def test_the_run_file_gives_the_same_measures(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", QUERIES, QRELS)
    rankings = {"ett": [("d", 0.9), ("b", 0.9), ("a", 0.9)], "två": [("c", 0.1)]}
    found = measure_retrieval(
        read_retrieval_set(folder), {"dense": lambda query, top_k: rankings[query]}, tmp_path / "out", quiet=True
    )
    lines = (tmp_path / "out" / "dense.run").read_text("utf-8").splitlines()
    assert lines[1].split()[:4] == ["q1", "Q0", "b", "2"]
    again = ir_measures.calc_aggregate(
        [ir_measures.parse_measure(name) for name in ("nDCG@10", "R@10", "RR@10")],
        [ir_measures.Qrel("q1", "a", 1), ir_measures.Qrel("q1", "b", 1), ir_measures.Qrel("q2", "c", 1)],
        ir_measures.read_trec_run(str(tmp_path / "out" / "dense.run")),
    )
    means = {name: mean.value for name, mean in found.modes["dense"].means.items()}
    assert means == pytest.approx({str(measure): value for measure, value in again.items()})


def test_the_object_of_the_command_line(tmp_path: Path) -> None:
    searches = dict.fromkeys(("hybrid", "dense", "lexical"), lambda query, top_k: [("a", 1.0)])
    report = measure_retrieval(read_retrieval_set(write_set(tmp_path, QUERIES, QRELS)), searches, quiet=True)
    found, details = report.as_json(), report.details()
    assert list(found) == ["measures", "dense", "lexical", "seconds"]
    for name in ("measures", "dense", "lexical"):
        assert found[name] == {"nDCG@10": pytest.approx(0.5 / (1 + 1 / log2(3))), "R@10": 0.25, "RR@10": 0.5}
    assert set(found["seconds"]) == {"hybrid", "dense", "lexical"}
    assert (details["queries"], details["unanswerable"], details["unjudged"]) == (2, 1, 1)
    json.dumps(found | details)


@pytest.mark.parametrize(
    ("qrels", "says"),
    [
        ("q1\ta\n", "line 2"),
        ("q1\ta\tmuch\n", "line 2"),
        ("q9\ta\t1\n", "'q9' is not in queries.jsonl"),
        ("q1\tz\t1\n", "'z' is not in corpus.jsonl"),
        ("", "judges nothing"),
    ],
)
def test_faults_in_judgements_are_named(tmp_path: Path, qrels: str, says: str) -> None:
    with pytest.raises(RetrievalSetError, match=says):
        read_retrieval_set(write_set(tmp_path, QUERIES, qrels))


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RetrievalSetError, match=r"corpus\.jsonl"):
        read_retrieval_set(tmp_path)


def test_identifiers_with_white_space_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RetrievalSetError, match=r"line 1.*'_id'.*white space"):
        read_retrieval_set(write_set(tmp_path, [{"_id": "q 1", "text": "ett"}], "q 1\ta\t1\n"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    found = read_retrieval_set(write_set(tmp_path / "set", QUERIES, QRELS))
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="--out"):
        measure_retrieval(found, {"dense": lambda query, top_k: []}, tmp_path / "file", quiet=True)


@pytest.mark.parametrize(
    ("name", "queries", "unanswerable"), [("swefaq", 219, 0), ("squad-sv", 600, 600), ("english-to-swedish", 139, 0)]
)
def test_reads_the_sets_beside_the_project(shared: Path, name: str, queries: int, unanswerable: int) -> None:
    found = read_retrieval_set(shared / "evals" / "beir" / name)
    assert (len(found.queries), found.unanswerable, found.unjudged) == (queries, unanswerable, 0)
