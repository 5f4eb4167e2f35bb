import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus, Citation, Retrieved
from assistant.archive import FILE, Archive, ArchiveError
from assistant.ui_state import Exchange, Phase

ANSWER = Answer(
    "e1", "Hur många?", "Hur många?", "sv", AnswerStatus.PARTIAL, "Nio. [1]",
    (Citation(1, "a.pdf", "Program", None, 2, ("2 Mål", "å"), "nio mål", 8, 15),),
    (Retrieved("a.pdf", 1, ("2 Mål",), 0.5, "nio mål"),), 0.25, "extractive",
)  # fmt: skip


def exchange(identifier: str, phase: Phase = Phase.COMPLETE) -> Exchange:
    return Exchange(f"Fråga {identifier}?", phase, ANSWER, id=identifier)


def backdate(folder: Path, days: int) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("UPDATE conversation SET changed = ?", (then,))
    connection.close()


def test_answer_is_the_same_after_it_was_kept(tmp_path: Path) -> None:
    assert Answer.from_json(ANSWER.as_json()) == ANSWER
    archive = Archive(tmp_path)
    archive.keep("anna", [exchange("e1")])
    archive.close()
    archive = Archive(tmp_path)
    (kept,) = archive.conversation("anna", "e1")
    archive.close()
    assert (kept.question, kept.phase, kept.answer) == ("Fråga e1?", Phase.COMPLETE, ANSWER)


@pytest.mark.parametrize("phase", [Phase.WORKING, Phase.STOPPED, Phase.BROKEN])
def test_what_has_no_whole_answer_counts_as_stopped(phase: Phase) -> None:
    archive = Archive(None)
    archive.keep("anna", [exchange("e1", phase)])
    assert archive.conversation("anna", "e1")[0].phase == Phase.STOPPED
    archive.close()


def test_nothing_is_added_to_somebody_elses_conversation() -> None:
    archive = Archive(None)
    archive.keep("anna", [exchange("e1")])
    archive.keep("bo", [exchange("e1"), exchange("e2")])
    archive.keep("", [exchange("e3")])
    assert archive.entries("bo") == []
    assert [one.id for one in archive.conversation("anna", "e1")] == ["e1"]
    assert not archive.judge("bo", "e1", "useful")
    assert not archive.link("bo", "e1")
    assert archive.delete("bo", "e1") == 0
    archive.close()


def test_conversations_expire_but_for_answers_with_a_link(tmp_path: Path) -> None:
    archive = Archive(tmp_path, days=30)
    archive.keep("anna", [exchange("e1"), exchange("e2")])
    archive.link("anna", "e2")
    backdate(tmp_path, 29)
    assert archive.expire() == 0
    backdate(tmp_path, 31)
    assert archive.expire() == 1
    assert [one.id for one in archive.conversation("anna", "e1")] == ["e2"]
    assert archive.answer("bo", "e2") is not None
    archive.delete("anna")
    assert archive.answer("bo", "e2") is None
    archive.close()


def test_expired_conversation_is_gone_when_the_chat_is_used_again(tmp_path: Path) -> None:
    archive = Archive(tmp_path, days=30)
    archive.keep("anna", [exchange("e1")])
    archive.close()
    backdate(tmp_path, 31)
    archive = Archive(tmp_path, days=30)
    archive.keep("bo", [exchange("e2")])
    assert archive.entries("anna") == []
    archive.close()


def test_deleted_text_is_gone_from_the_file(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.keep("anna", [Exchange("Hemligheten?", Phase.COMPLETE, ANSWER, id="e1")])
    archive.delete("anna", "e1")
    archive.close()
    assert all(b"Hemligheten" not in file.read_bytes() for file in tmp_path.iterdir())


def test_many_threads_keep_at_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    threads = [
        threading.Thread(target=archive.keep, args=(f"user {number % 4}", [exchange(f"e{number}")]))
        for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(archive.entries(f"user {number}")) for number in range(4)] == [10] * 4
    archive.close()


def test_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match=r"file.*UTBLICK_CONVERSATION_DAYS=0"):
        Archive(tmp_path / "file")


def test_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(ArchiveError, match="move the file away"):
        Archive(tmp_path)
