from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import Case, read_cases
from evals.errors import OutputError, QuestionFileError
from evals.table import COLUMNS, write_cases, write_table

HEADS = "id,question,lang,kind,history,answerable,facts,sources,all_sources,pages,quotes"
FULL = Case.model_validate(
    {
        "id": "7",
        "question": "Hur mycket; och när?",
        "lang": "sv",
        "kind": "number",
        "history": [{"question": "Vem; då?"}, {"question": "Var?"}],
        "answerable": True,
        "facts": [["41,6 miljoner", "41 600"], ["2023"]],
        "sources": ["a.pdf", "b c.html"],
        "all_sources": True,
        "pages": [{"source": "a.pdf", "page": 3}, {"source": "b c.html", "page": 1}],
        "quotes": ["Kommunen; beviljades 41,6", "=2023"],
    }
)


def put(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_delimiter_is_understood(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["id", "question", "facts", "answerable"],
        ["a", '"Vad, och; hur?"', '"41,6 | 41 600; två"', "ja"],
        ["b", "Vem?", "", "NEJ"],
    ]
    path = put(tmp_path / "q.csv", "\r\n".join(delimiter.join(row) for row in rows))
    first, second = read_cases(path)
    assert first.question == "Vad, och; hur?"
    assert first.facts == (("41,6", "41 600"), ("två",))
    assert (first.answerable, second.answerable) == (True, False)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_what_is_written_for_review_reads_back_once_reviewed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"q{suffix}"
    empty = Case(id="b", question="+1?", answerable=False)
    write_table(path, [(FULL, "looks right"), (empty, ""), (Case(id="c", question="Nej?"), "")])
    with pytest.raises(QuestionFileError, match="review"):
        read_cases(path)
    review(path, ["yes", "yes", "no"])
    assert read_cases(path) == [FULL, empty]


def review(path: Path, words: list[str]) -> None:
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        for row, word in enumerate(words, start=2):
            book.active.cell(row, 1).value = word
        book.save(path)
        return
    text = path.read_text("utf-8-sig")
    for word in words:
        text = text.replace("draft", word, 1)
    path.write_text(text, "utf-8-sig")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    case = Case(id="a", question="=HYPERLINK(1)", quotes=("@SUM(1)",))
    write_table(tmp_path / "q.xlsx", [(case, "=1+1")])
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "q.xlsx").active.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    write_table(tmp_path / "q.csv", [(case, "=1+1")])
    assert "=1+1" not in (tmp_path / "q.csv").read_text("utf-8-sig").replace(" =1+1", "")


def test_numbers_and_truths_of_a_workbook_are_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["ID", "Question", "answerable", "pages", None], [1, "Vad?", True, "a.pdf#2", None], [2.5, "Vem?", 0]):
        book.active.append(row)
    book.save(tmp_path / "q.xlsx")
    first, second = read_cases(tmp_path / "q.xlsx")
    assert (first.id, first.answerable, first.pages[0].page) == ("1", True, 2)
    assert (second.id, second.answerable) == ("2.5", False)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"{HEADS}\na,Vad?\n\nb,\n", ["line 4", "'question'", "missing"]),
        ("id,question,fact\na,Vad?,\nb,Vem?,x\n", ["line 3", "'fact'", "did you mean 'facts'"]),
        ("id,question\na,Vad?\na,Vem?\n", ["line 3", "'a'", "line 2"]),
        ("id,question,answerable\na,Vad?,kanske\n", ["line 2", "'answerable'", "true or false", "kanske"]),
        ("id,question,pages\na,Vad?,a.pdf#x\n", ["line 2", "'pages[0].page'", "whole number"]),
        ("id,question,pages\na,Vad?,a.pdf\n", ["line 2", "'pages[0].page'"]),
        ("id,question,facts\na,Vad?,x |\n", ["line 2", "'facts[0][1]'", "empty"]),
        ("question\nVad?\n", ["line 1", "id", "columns are"]),
        ("id,question,kind,kind\na,Vad?,x,y\n", ["line 1", "'kind'", "twice"]),
        ('id,question\na,"Vad?\n', ["line 2", "CSV", "quotation"]),
        ("id,question\na,Vad?,more\n", ["line 2", "'column 3'"]),
        ("id,question\n", ["is empty"]),
        ("", ["is empty"]),
    ],
)
def test_a_fault_is_named_with_file_line_and_field(tmp_path: Path, text: str, parts: list[str]) -> None:
    path = put(tmp_path / "q.csv", text)
    with pytest.raises(QuestionFileError) as error:
        read_cases(path)
    assert all(part in str(error.value) for part in ["q.csv", *parts]), str(error.value)


def test_a_row_that_goes_over_lines_does_not_move_the_numbers(tmp_path: Path) -> None:
    path = put(tmp_path / "q.csv", 'id,question,quotes\na,Vad?,"ett\ntvå"\nb,,\n')
    with pytest.raises(QuestionFileError, match=r"line 4, field 'question'"):
        read_cases(path)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(QuestionFileError, match="save"):
        read_cases(put(tmp_path / "q.csv", "id,question\na,På?\n", encoding))


@pytest.mark.parametrize("content", [b"", b"id,question\n", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "q.xlsx").write_bytes(content)
    with pytest.raises(QuestionFileError, match=r"q\.xlsx: is no Excel workbook"):
        read_cases(tmp_path / "q.xlsx")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("q.xlsx", "q.csv"):
        with pytest.raises(QuestionFileError, match="cannot be read"):
            read_cases(tmp_path / name)
    with pytest.raises(OutputError, match="cannot be written"):
        write_cases(tmp_path / "no" / "q.csv", [(FULL, "")])


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters=";|#"), min_size=1)


@given(
    st.builds(
        Case,
        id=WORDS,
        question=WORDS,
        facts=st.lists(st.lists(WORDS, min_size=1).map(tuple)).map(tuple),
        sources=st.lists(WORDS).map(tuple),
        quotes=st.lists(WORDS).map(tuple),
        answerable=st.sampled_from([None, True, False]),
    )
)
def test_any_case_survives_a_table(tmp_path_factory: pytest.TempPathFactory, case: Case) -> None:
    path = tmp_path_factory.mktemp("table") / "q.csv"
    write_table(path, [(case, "")])
    review(path, ["yes"])
    assert read_cases(path) == [case]


def test_the_columns_are_the_fields_of_a_case() -> None:
    assert set(COLUMNS) == set(Case.model_fields)
