import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus, Citation, Scope
from assistant.assistant import Assistant
from assistant.compare import CellState, Subject, SubjectKind, short_answers
from assistant.comparisons import KEPT, Comparisons

OWNER = "name:anna"


def subject(name: str) -> Subject:
    return Subject(SubjectKind.ORGANISATION, name, name)


class Slow:
    """Answers when it is let; breaks on `krascha`."""

    def __init__(self) -> None:
        self.gate, self.asked = threading.Semaphore(0), []

    def stream(self, question, history=(), scope=None):
        self.gate.acquire(timeout=10)
        self.asked.append((question, scope))
        if "krascha" in question:
            raise ValueError("secret detail")
        cited = Citation(1, "a.pdf", "Plan", "A", 1, (), "Ett", 0, 3)
        yield Answer("x", question, question, "sv", AnswerStatus.ANSWERED, "Ett")
        yield Answer("x", question, question, "sv", AnswerStatus.ANSWERED, "Ett [1]", (cited,))


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def comparisons(slow: Slow, tmp_path: Path) -> Iterator[Comparisons]:
    made = Comparisons(slow, tmp_path / "comparisons")
    yield made
    slow.gate.release(1000)
    made.close()


def test_cells_are_filled_one_by_one_each_within_its_scope(comparisons: Comparisons, slow: Slow) -> None:
    document = Subject(SubjectKind.DOCUMENT, "a.pdf", "Plan")
    grid = comparisons.start(OWNER, ["Vad?", "När?"], [subject("A"), document])
    assert grid.under_way and grid.done == 0
    slow.gate.release(4)
    grid = comparisons.wait(grid.id, 10)
    assert grid.complete and not grid.under_way
    assert [cell.answer.text for cell in grid.cells] == ["Ett [1]"] * 4
    of_a, of_document = Scope(organisations=("A",)), Scope(documents=("a.pdf",))
    assert slow.asked == [("Vad?", of_a), ("Vad?", of_document), ("När?", of_a), ("När?", of_document)]


def test_two_comparisons_take_turns(comparisons: Comparisons, slow: Slow) -> None:
    long = comparisons.start(OWNER, [f"Lång {n}" for n in range(5)], [subject("A")])
    short = comparisons.start("name:bo", ["Kort"], [subject("A")])
    slow.gate.release(3)
    assert comparisons.wait(short.id, 10).complete
    assert not comparisons.get(long.id, OWNER).complete
    slow.gate.release(9)
    assert comparisons.wait(long.id, 10).complete


def test_a_cell_that_breaks_leaves_the_others_and_is_tried_again(comparisons, slow: Slow, caplog) -> None:
    slow.gate.release(3)
    grid = comparisons.wait(comparisons.start(OWNER, ["Kan du krascha?", "Vad?"], [subject("A")]).id, 10)
    assert [cell.state for cell in grid.cells] == [CellState.BROKEN, CellState.DONE]
    assert "secret detail" in caplog.text
    comparisons.resume(grid.id, OWNER)
    assert comparisons.wait(grid.id, 10).cells[0].state == CellState.BROKEN
    assert len(slow.asked) == 3


def test_stopping_keeps_what_is_done_and_it_can_go_on(comparisons: Comparisons, slow: Slow) -> None:
    grid = comparisons.start(OWNER, ["1", "2", "3"], [subject("A")])
    comparisons.stop(grid.id, OWNER)
    slow.gate.release(1)
    stopped = comparisons.wait(grid.id, 10)
    assert stopped.stopped and stopped.done < 3
    slow.gate.release(3)
    comparisons.resume(grid.id, OWNER)
    assert comparisons.wait(grid.id, 10).complete


def test_grid_as_it_was_before_its_only_cell_was_taken_is_under_way(comparisons: Comparisons, slow: Slow) -> None:
    grid = comparisons.start(OWNER, ["1"], [subject("A")])
    deadline = time.monotonic() + 10
    while comparisons.get(grid.id, OWNER) == grid and time.monotonic() < deadline:
        time.sleep(0.01)
    assert comparisons.get(grid.id, OWNER) != grid
    assert grid.under_way, "a page drawn from it would never ask again"


def test_only_the_owner_sees_stops_and_deletes(comparisons: Comparisons, slow: Slow) -> None:
    slow.gate.release(1)
    grid = comparisons.wait(comparisons.start(OWNER, ["1"], [subject("A")]).id, 10)
    assert comparisons.get(grid.id, "name:bo") is None
    assert comparisons.of("name:bo") == []
    assert comparisons.resume(grid.id, "name:bo") is None
    comparisons.delete(grid.id, "name:bo")
    assert comparisons.get(grid.id, OWNER) == grid
    comparisons.delete(grid.id, OWNER)
    assert comparisons.get(grid.id, OWNER) is None


def test_comparisons_survive_a_restart_and_damaged_ones_are_left_out(comparisons, slow: Slow, tmp_path: Path) -> None:
    slow.gate.release(1)
    first = comparisons.wait(comparisons.start(OWNER, ["1"], [subject("A")]).id, 10)
    second = comparisons.start(OWNER, ["2", "3"], [subject("A")])
    comparisons.close(0.1)
    folder = tmp_path / "comparisons"
    (folder / f"{'f' * 32}.json").write_text("{")
    (folder / "other.json").write_text("{}")
    again = Comparisons(slow, folder)
    assert again.get(first.id, OWNER) == first
    assert replace(again.get(second.id, OWNER), stopped=False) == second
    assert [grid.id for grid in again.of(OWNER)] == [second.id, first.id]
    assert all((folder / f"{kept.id}.json").stat().st_mode & 0o077 == 0 for kept in (first, second))
    slow.gate.release(9)
    again.resume(second.id, OWNER)
    assert again.wait(second.id, 10).complete
    again.close()


def test_old_comparisons_of_an_owner_make_room(comparisons: Comparisons, slow: Slow, tmp_path: Path) -> None:
    slow.gate.release(100)
    for count in range(KEPT + 3):
        last = comparisons.start(OWNER, [str(count)], [subject("A")])
    comparisons.wait(last.id, 20)
    assert len(comparisons.of(OWNER)) == KEPT
    assert comparisons.of(OWNER)[0].id == last.id
    assert len(list((tmp_path / "comparisons").glob("*.json"))) == KEPT


def test_real_answers_are_within_their_subject_and_verbatim(samples_assistant: Assistant) -> None:
    names = ["Exempelstads kommun", "Provköpings kommun", "Göteborgs Stad"]
    comparisons = Comparisons(samples_assistant)
    started = comparisons.start(OWNER, ["Vilka vänorter finns?"], [subject(name) for name in names])
    grid = comparisons.wait(started.id, 60)
    comparisons.close()
    shown, references = short_answers(grid)
    assert {0, 1} <= set(shown) and not grid.cells[2].found
    for index, short in shown.items():
        for told in short.statements:
            assert {reference.citation.organisation for reference in told.references} == {names[index]}
    for reference in references:
        cited = reference.citation
        page = samples_assistant.page_text(cited.document, cited.page)
        assert page[cited.start : cited.end] == cited.quote
