import json
import threading
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus, Turn
from assistant.feedback import FILE, MOST_CHARACTERS, FeedbackError, Judgement, Reason, keep_feedback

ANSWER = Answer("a1", "Hur många?", "Hur många mål?", "sv", AnswerStatus.ANSWERED, "Nio.\nRad två å.")


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / FILE).read_text("utf-8").splitlines()]


def test_line_has_all_that_is_needed_to_ask_again(tmp_path: Path) -> None:
    history = (Turn("Vilka?", "De här."),)
    keep_feedback(tmp_path, ANSWER, history, Judgement.NOT_USEFUL, Reason.MISSED, " Står på sidan 4.\n")
    (line,) = lines(tmp_path)
    assert line.keys() == {
        "id", "time", "answer_id", "question", "history", "verdict", "reason", "comment", "answer"
    }  # fmt: skip
    assert (line["answer_id"], line["verdict"], line["reason"]) == ("a1", "not_useful", "missed")
    assert line["comment"] == "Står på sidan 4."
    assert line["history"] == [{"question": "Vilka?", "answer": "De här."}]
    assert line["answer"] == json.loads(json.dumps(ANSWER.as_json()))


def test_comment_is_bounded_and_reason_may_be_missing(tmp_path: Path) -> None:
    keep_feedback(tmp_path, ANSWER, (), Judgement.USEFUL, None, "x" * 10_000)
    (line,) = lines(tmp_path)
    assert (len(line["comment"]), line["reason"]) == (MOST_CHARACTERS, None)


def test_line_that_was_cut_off_spoils_itself_only(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"id": "cut of', "utf-8")
    keep_feedback(tmp_path, ANSWER, (), Judgement.USEFUL, None, "")
    assert json.loads((tmp_path / FILE).read_text("utf-8").splitlines()[1])["answer_id"] == "a1"


def test_many_at_once_keep_their_lines_whole(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=keep_feedback, args=(tmp_path, ANSWER, (), Judgement.USEFUL, None, str(number)))
        for number in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(line["comment"]) for line in lines(tmp_path)) == list(range(16))


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(FeedbackError, match=FILE):
        keep_feedback(tmp_path, ANSWER, (), Judgement.USEFUL, None, "")
