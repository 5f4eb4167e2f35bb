import json
from pathlib import Path

import pytest

from evals.cases import fingerprint_cases, read_cases
from evals.errors import QuestionFileError

GOOD = {"id": "a", "question": "Vad?"}


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_reads_every_field(tmp_path: Path) -> None:
    full = GOOD | {
        "lang": "sv",
        "kind": "fact",
        "history": [{"question": "Vem?"}],
        "answerable": True,
        "facts": [["1987", "åttiosju"], ["vän"]],
        "sources": ["malmo"],
        "all_sources": True,
        "pages": [{"source": "malmo", "page": 2}],
        "quotes": ["sedan 1987"],
    }
    (case,) = read_cases(write(tmp_path / "q.jsonl", full))
    assert json.loads(case.model_dump_json()) == full


def test_a_case_cannot_be_changed(tmp_path: Path) -> None:
    (case,) = read_cases(write(tmp_path / "q.jsonl", GOOD))
    with pytest.raises(ValueError, match="frozen"):
        case.question = "Annat?"  # type: ignore[misc]


def test_blank_lines_byte_order_mark_and_line_separators_in_text_are_read(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes('\ufeff{"id": "a", "question": "Ett\u2028två"}\r\n\r\n{"id": "b", "question": "Tre"}\r\n'.encode())
    assert [case.question for case in read_cases(path)] == ["Ett\u2028två", "Tre"]


@pytest.mark.parametrize(
    ("second", "parts"),
    [
        ('{"id": "b", "question"', ["line 2", "column", "is not JSON"]),
        ('["b"]', ["line 2", "one object"]),
        ({"question": "Vad?"}, ["line 2", "'id'", "missing"]),
        (GOOD, ["line 2", "'a'", "line 1"]),
        ({"id": "b", "question": "Vad?", "fact": [["x"]]}, ["line 2", "'fact'", "did you mean 'facts'"]),
        ({"id": 7, "question": "Vad?"}, ["line 2", "'id'", "text in quotes", "7"]),
        ({"id": " ", "question": "Vad?"}, ["line 2", "'id'", "blank"]),
        ({"id": "b", "question": "Vad?", "answerable": "false"}, ["line 2", "'answerable'", "true or false"]),
        ({"id": "b", "question": "Vad?", "facts": ["1995"]}, ["line 2", "'facts[0]'", "list"]),
        ({"id": "b", "question": "Vad?", "facts": [["1995", ""]]}, ["line 2", "'facts[0][1]'", "empty"]),
        ({"id": "b", "question": "Vad?", "facts": [[]]}, ["line 2", "'facts[0]'", "empty list"]),
        ({"id": "b", "question": "Vad?", "pages": [{"source": "x", "page": 0}]}, ["line 2", "'pages[0].page'", "1"]),
        ({"id": "b", "question": "Vad?", "history": [{"q": "?"}]}, ["line 2", "'history[0].question'", "missing"]),
        ('{"id": "b", "id": "c", "question": "Vad?"}', ["line 2", "'id'", "twice"]),
        ("[" * 100_000, ["line 2", "nested"]),
    ],
)
def test_a_fault_is_named_with_file_line_field_and_remedy(tmp_path: Path, second: object, parts: list[str]) -> None:
    path = write(tmp_path / "q.jsonl", GOOD, second)
    with pytest.raises(QuestionFileError) as error:
        read_cases(path)
    assert all(part in str(error.value) for part in ["q.jsonl", *parts]), str(error.value)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", {"id": "a"}, GOOD, {"id": "c", "question": 1, "lnag": "sv"})
    with pytest.raises(QuestionFileError) as error:
        read_cases(path)
    assert "3 faults" in str(error.value)
    assert "line 1" in str(error.value)
    assert str(error.value).count("line 3") == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        ('{"id": "a", "question": "Vad?"}'.encode("utf-16"), "UTF-16"),
        ('{"id": "a", "question": "Vad?"}'.encode("utf-16-le"), "UTF-16"),
        ('{"id": "a", "question": "Vad?"}\n{"id": "b", "question": "Når?"}'.encode("latin-1"), "line 2"),
    ],
)
def test_a_file_that_is_no_text_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(data)
    with pytest.raises(QuestionFileError, match=says):
        read_cases(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"absent\.jsonl"):
        read_cases(tmp_path / "absent.jsonl")


@pytest.mark.parametrize(
    ("fields", "expects"),
    [({}, None), ({"facts": [["x"]]}, True), ({"answerable": False}, False), ({"sources": ["x"]}, True)],
)
def test_what_is_expected_follows_from_the_fields(make_case, fields: dict[str, object], expects: bool | None) -> None:
    assert make_case(**fields).expects_answer is expects


def test_the_fingerprint_changes_with_any_field(make_case) -> None:
    assert fingerprint_cases([make_case()]) == fingerprint_cases([make_case()])
    assert fingerprint_cases([make_case()]) != fingerprint_cases([make_case(facts=[["x"]])])


@pytest.mark.parametrize(("name", "count"), [("seed_dev.jsonl", 30), ("plans_dev.jsonl", 50)])
def test_reads_the_question_files_beside_the_project(shared: Path, name: str, count: int) -> None:
    assert len(read_cases(shared / "evals" / name)) == count


def test_reads_the_projects_own_question_file() -> None:
    cases = read_cases(Path(__file__).parents[2] / "evals" / "datasets" / "samples.jsonl")
    assert {case.expects_answer for case in cases} == {True, False}
