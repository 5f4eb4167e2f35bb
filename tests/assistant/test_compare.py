import json

import pytest

from assistant.answers import Answer, AnswerStatus, Citation
from assistant.compare import (
    MOST_CELLS,
    MOST_QUESTIONS,
    MOST_SUBJECTS,
    SHORT,
    Cell,
    CellState,
    ComparisonRefused,
    Grid,
    Subject,
    SubjectKind,
    check_choice,
    read_grid,
    short_answers,
)


def subject(name: str) -> Subject:
    return Subject(SubjectKind.ORGANISATION, name, name)


def citation(marker: int, start: int = 0, document: str = "a.pdf") -> Citation:
    return Citation(marker, document, "Plan", "Skurköping", 3, ("Mål",), "ett citat", start, start + 9)


def answer(text: str, *citations: Citation, status: AnswerStatus = AnswerStatus.ANSWERED) -> Answer:
    return Answer("x", "?", "?", "sv", status, text, citations)


def grid_of(*answers: Answer | None) -> Grid:
    cells = tuple(Cell(CellState.DONE, given) if given else Cell() for given in answers)
    subjects = tuple(subject(str(number)) for number in range(len(cells)))
    return Grid("0" * 32, "name:anna", ("Fråga?",), subjects, cells, "2026-01-01T00:00:00+00:00")


def test_statements_keep_their_references_which_are_numbered_over_the_whole_grid() -> None:
    grid = grid_of(
        answer("Ett [1]. Två [2].", citation(1, 0), citation(2, 50)),
        answer("Tre [1] [2]", citation(1, 50), citation(2, 90)),
    )
    shown, references = short_answers(grid)
    assert [reference.number for reference in references] == [1, 2, 3]
    assert [reference.citation.start for reference in references] == [0, 50, 90]
    assert [[r.number for r in told.references] for told in shown[0].statements] == [[1], [2]]
    assert [told.text for told in shown[0].statements] == ["Ett.", "Två."]
    assert [r.number for r in shown[1].statements[0].references] == [2, 3]
    assert shown[1].statements[0].markers == (1, 2)


def test_an_answer_is_shortened_between_statements_and_never_within_one() -> None:
    long = "x" * (SHORT + 50)
    grid = grid_of(
        answer(f"{long} [1]\n- kort [2]", citation(1), citation(2, 50)),
        answer(f"- kort [1]\n- {long} [2]\n- kort [1]", citation(1), citation(2, 50)),
    )
    shown, references = short_answers(grid)
    assert [told.text for told in shown[0].statements] == [long]
    assert [told.text for told in shown[1].statements] == ["- kort"]
    assert [told.text for told in shown[0].rest] == ["- kort"]
    assert [told.text for told in shown[1].whole] == ["- kort", f"- {long}", "- kort"]
    assert len(references) == 2


def test_what_has_no_reference_and_what_is_no_answer_is_not_shown() -> None:
    grid = grid_of(
        answer("Belagt [1]. Fel [7]. Slut.", citation(1)),
        answer("Framgår inte. Närmast: Citat [1]", citation(1), status=AnswerStatus.NOT_FOUND),
        answer("Inget alls."),
        None,
    )
    shown, _ = short_answers(grid)
    assert list(shown) == [0]
    assert [told.text for told in shown[0].statements] == ["Belagt."]


@pytest.mark.parametrize(
    ("questions", "subjects", "fault"),
    [
        ([], ["A"], "no_questions"),
        (["  ", ""], ["A"], "no_questions"),
        (["Vad?"], [], "no_subjects"),
        ([f"Fråga {n}" for n in range(MOST_QUESTIONS + 1)], ["A"], "many_questions"),
        (["Vad?"], [str(n) for n in range(MOST_SUBJECTS + 1)], "many_subjects"),
        ([f"Fråga {n}" for n in range(20)], [str(n) for n in range(MOST_CELLS // 20 + 1)], "many_cells"),
        (["x" * 101], ["A"], "long_question"),
    ],
)
def test_what_cannot_be_compared_is_refused(questions, subjects, fault) -> None:
    with pytest.raises(ComparisonRefused) as refused:
        check_choice(questions, [subject(name) for name in subjects], 100)
    assert refused.value.fault == fault


def test_questions_and_subjects_count_once() -> None:
    asked, chosen = check_choice([" Vad? ", "Vad?", "När  då?"], [subject("A"), subject("A")], 100)
    assert (asked, chosen) == (("Vad?", "När då?"), (subject("A"),))


def test_a_kept_comparison_reads_back_as_it_was() -> None:
    grid = grid_of(answer("Ett [1]", citation(1)), None)
    assert read_grid(json.loads(json.dumps(grid.as_json()))) == grid
    working = grid.with_cell(1, Cell(CellState.WORKING))
    assert read_grid(json.loads(json.dumps(working.as_json()))) == grid
    short = grid.as_json() | {"cells": []}
    with pytest.raises(ValueError, match="cells"):
        read_grid(json.loads(json.dumps(short)))
