"""Questions are answered in real processes, which are killed, die, and outlive nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from answerers import Obedient, Stillborn, Stubborn

from assistant.answers import AnswerStatus
from evals.errors import WorkerError
from evals.run import read_answers, run_cases
from evals.workers import Workers


def cases_of(make_case, *questions: str):
    return [make_case(f"q{number}", question) for number, question in enumerate(questions)]


def test_a_question_that_takes_too_long_fails_and_the_others_are_answered(make_case) -> None:
    cases = cases_of(make_case, "Ett?", "sleep", "Tre?", "sleep", "Fem?")
    began = time.monotonic()
    answers = {asked.answer.id: asked.answer for asked in Workers(Obedient, 1, seconds=0.5).answer(cases)}
    assert time.monotonic() - began < 60
    assert [answers[case.id].status.value for case in cases] == ["answered", "failed", "answered", "failed", "answered"]
    assert answers["q1"].text == "not answered within 0.5 seconds"
    assert answers["q1"].seconds == 0.5


def test_the_time_of_a_question_begins_when_a_process_is_ready(make_case) -> None:
    # A process takes longer to begin than this; the question does not.
    (asked,) = Workers(Obedient, 1, seconds=0.1).answer(cases_of(make_case, "Ett?"))
    assert asked.answer.status is AnswerStatus.ANSWERED


def test_a_process_that_dies_of_its_question_is_replaced(make_case) -> None:
    cases = cases_of(make_case, "die", "Två?", "die", "raise")
    answers = {asked.answer.id: asked.answer for asked in Workers(Obedient).answer(cases)}
    assert answers["q0"].text == f"the process that answered ended with code -{signal.SIGKILL}"
    assert answers["q1"].text == "Svar på Två?"
    assert answers["q3"].text == "RuntimeError: as it was told"
    assert [answers[case.id].status.value for case in cases] == ["failed", "answered", "failed", "failed"]


def test_several_processes_write_what_one_does(make_case, tmp_path: Path) -> None:
    cases = cases_of(make_case, *(f"Fråga {number}?" for number in range(12)))
    cases.append(make_case("last", "Och?", history=[{"question": "Först?"}]))
    for name, answerer in (("alone", Obedient()), ("one", Workers(Obedient)), ("three", Workers(Obedient, 3))):
        run_cases(cases, answerer, tmp_path / name, settings={}, quiet=True)
    written = [(tmp_path / name / "answers.jsonl").read_bytes() for name in ("alone", "one", "three")]
    assert written[0] == written[1] == written[2]
    assert read_answers(tmp_path / "three" / "answers.jsonl")[-1].text == "Svar på Först?Svar på Och?"


def test_what_cannot_be_opened_is_said(make_case) -> None:
    with pytest.raises(WorkerError, match="ValueError: no weights here"):
        list(Workers(Stubborn, 2).answer(cases_of(make_case, "Ett?", "Två?")))


def test_a_process_that_ends_while_it_opens_is_said_and_not_begun_again(make_case) -> None:
    with pytest.raises(WorkerError, match="code 7 before it could answer"):
        list(Workers(Stillborn, 2).answer(cases_of(make_case, "Ett?", "Två?")))


def test_without_questions_there_is_nothing_to_do() -> None:
    assert list(Workers(Stubborn).answer([])) == []


def test_the_processes_end_when_theirs_is_killed(tmp_path: Path) -> None:
    code = (
        "from answerers import Lingering\nfrom evals.cases import Case\nfrom evals.workers import Workers\n"
        "if __name__ == '__main__':\n"
        "    list(Workers(Lingering, 2).answer([Case(id=str(n), question=f'{n}') for n in range(100_000)]))\n"
    )
    (tmp_path / "asks.py").write_text(code, "utf-8")
    root, pids = Path(__file__).parents[2], tmp_path / "pids"
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'tests' / 'evals'}", "PIDS": str(pids)}
    asking = subprocess.Popen([sys.executable, str(tmp_path / "asks.py")], env=environment)
    wait_for(lambda: pids.exists() and len(set(pids.read_text("ascii").split())) == 2)
    asking.send_signal(signal.SIGKILL)
    asking.wait()
    ours = set(pids.read_text("ascii").split())
    wait_for(lambda: not any(is_running(pid) for pid in ours))


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    # Ended, but not yet told to whoever adopted it.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text("ascii").rpartition(")")[2].split()[0] != "Z"
