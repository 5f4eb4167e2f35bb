import json
from pathlib import Path

import pytest

from assistant.answers import AnswerStatus, Turn
from evals.errors import AnswerFileError, OutputError
from evals.run import read_answers, run_cases


def test_writes_one_answer_a_line_in_the_cases_order(make_case, echo, tmp_path: Path) -> None:
    cases = [make_case("a", "Ett?"), make_case("b", "Två?")]
    answers = run_cases(cases, echo, tmp_path / "new" / "out", quiet=True)
    lines = (tmp_path / "new" / "out" / "answers.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "b"]
    assert "Två" in lines[1]
    assert read_answers(tmp_path / "new" / "out" / "answers.jsonl") == answers


def test_each_answer_is_on_disk_before_the_next_question(make_case, echo, tmp_path: Path) -> None:
    written: list[int] = []

    class Watching:
        def ask(self, question, history=(), *, answer_id=None):
            written.append(len((tmp_path / "answers.jsonl").read_bytes().splitlines()))
            return echo.ask(question, history, answer_id=answer_id)

    run_cases([make_case("a"), make_case("b"), make_case("c")], Watching(), tmp_path, quiet=True)
    assert written == [0, 1, 2]


def test_earlier_questions_are_asked_first_and_their_answers_kept(make_case, echo, tmp_path: Path) -> None:
    history = [{"question": "Ett?"}, {"question": "Två?"}]
    run_cases([make_case("a", "Tre?", history=history)], echo, tmp_path, quiet=True)
    first, second = Turn("Ett?", "Svar på Ett? [1]"), Turn("Två?", "Svar på Två? [1]")
    assert [(question, turns) for question, turns, _ in echo.asked] == [
        ("Ett?", ()),
        ("Två?", (first,)),
        ("Tre?", (first, second)),
    ]
    assert echo.asked[-1][2] == "a"
    assert len(read_answers(tmp_path / "answers.jsonl")) == 1


@pytest.mark.parametrize(
    "fields",
    [{"question": "kaboom"}, {"question": "Vad?", "history": [{"question": "kaboom"}]}],
    ids=["itself", "before"],
)
def test_a_question_that_raises_is_a_failed_answer_and_the_others_go_on(
    make_case, echo, tmp_path: Path, fields
) -> None:
    answers = run_cases([make_case("a", **fields), make_case("b")], echo, tmp_path, quiet=True)
    assert [answer.status for answer in answers] == [AnswerStatus.FAILED, AnswerStatus.ANSWERED]
    assert answers[0].text == "RuntimeError: the model fell over"
    assert answers[0].id == "a"


def test_goes_on_where_it_was_interrupted(make_case, echo, tmp_path: Path) -> None:
    cases = [make_case("a", "Ett?"), make_case("b", "kaboom"), make_case("c", "Tre?"), make_case("d", "Fyra?")]
    settings = {"model": "extractive", "top_k": 8}
    run_cases(cases, echo, tmp_path, settings=settings, quiet=True)
    path = tmp_path / "answers.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:40])
    echo.asked.clear()
    run_cases(cases, echo, tmp_path, settings=settings, quiet=True)
    assert [question for question, _, _ in echo.asked] == ["kaboom", "Fyra?"]
    assert [answer.id for answer in read_answers(path)] == ["a", "b", "c", "d"]
    assert path.read_bytes().splitlines()[3] == whole.splitlines()[3]
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "answers.jsonl",
        "cases.jsonl",
        "effort.jsonl",
        "run.json",
    ]


@pytest.mark.parametrize("change", ["questions", "settings"])
def test_answers_of_another_run_are_set_aside(make_case, echo, tmp_path: Path, change: str) -> None:
    run_cases([make_case("a")], echo, tmp_path, settings={"model": "x"}, quiet=True)
    before = (tmp_path / "answers.jsonl").read_bytes()
    case = make_case("a", "Annat?") if change == "questions" else make_case("a")
    run_cases([case], echo, tmp_path, settings={"model": "x" if change == "questions" else "y"}, quiet=True)
    (aside,) = tmp_path.glob("answers-*.jsonl")
    assert aside.read_bytes() == before
    assert len(echo.asked) == 2


def test_answers_of_unknown_origin_are_set_aside(make_case, echo, tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text("something else\n", encoding="utf-8")
    run_cases([make_case("a")], echo, tmp_path, quiet=True)
    assert (tmp_path / "answers-earlier.jsonl").read_text("utf-8") == "something else\n"


def test_nothing_is_kept_where_it_is_not_known_what_answers_depend_on(make_case, echo, tmp_path: Path) -> None:
    for _ in range(3):
        run_cases([make_case("a")], echo, tmp_path, quiet=True)
    assert len(echo.asked) == 3
    assert sorted(path.name for path in tmp_path.glob("answers-*")) == [
        "answers-earlier-1.jsonl",
        "answers-earlier.jsonl",
    ]


def test_runs_alike_write_the_same_bytes(make_case, echo, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run_cases([make_case("a"), make_case("b")], echo, tmp_path / name, quiet=True)
    assert (tmp_path / "one" / "answers.jsonl").read_bytes() == (tmp_path / "two" / "answers.jsonl").read_bytes()
    assert (tmp_path / "one" / "run.json").read_bytes() == (tmp_path / "two" / "run.json").read_bytes()


def test_text_that_is_not_unicode_survives(make_case, echo, tmp_path: Path) -> None:
    (answer,) = run_cases(
        [make_case("a").model_copy(update={"question": "en \ud800 halva"})], echo, tmp_path, quiet=True
    )
    assert read_answers(tmp_path / "answers.jsonl") == [answer]


def test_progress_is_on_stderr(make_case, echo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_cases([make_case("a"), make_case("b")], echo, tmp_path)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("2 of 2 questions in ")


def test_a_folder_that_cannot_be_made_is_named(make_case, echo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="--out"):
        run_cases([make_case("a")], echo, tmp_path / "file" / "out", quiet=True)
    assert echo.asked == []


def test_a_damaged_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(AnswerFileError, match="line 1"):
        read_answers(tmp_path / "answers.jsonl")
