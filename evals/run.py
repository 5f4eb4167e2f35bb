"""Ask every question of a file, write the answers as they come, go on after an interruption."""

import json
import logging
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol, TextIO, TypeAlias

from pydantic import TypeAdapter
from tqdm import tqdm

from assistant.answers import Answer, AnswerStatus, Turn
from evals.cases import Case, fingerprint_cases
from evals.errors import AnswerFileError, OutputError

ANSWERS = "answers.jsonl"
RUN = "run.json"

Settings: TypeAlias = Mapping[str, str | int | float | bool | None]

_ANSWER = TypeAdapter(Answer)
_LOG = logging.getLogger(__name__)


class Answerer(Protocol):
    """What answers the questions."""

    def ask(self, question: str, history: Sequence[Turn] = (), *, answer_id: str | None = None) -> Answer:
        """One answer, given the turns before the question."""
        ...


def run_cases(
    cases: Sequence[Case],
    answerer: Answerer,
    out: Path,
    *,
    settings: Settings | None = None,
    quiet: bool = False,
) -> list[Answer]:
    """Answer every case into `out/answers.jsonl`, one object a line, each line on disk before the next question.

    A run that was interrupted goes on where it stopped: answers of the same questions under the same `settings`
    are kept, failed ones are asked again. Answers of other questions or settings are set aside as
    `answers-<identity>.jsonl`. A question that raises becomes an answer with status `failed`.

    Args:
        cases: What to ask; identifiers are unique.
        answerer: What answers; earlier questions of a case are put to it first.
        out: Folder for the results, made when absent.
        settings: All that an answer depends on beside its question: model, prompts, state of the store. None
            says that this is not known, so that no earlier answer is kept.
        quiet: Show no progress.

    Returns:
        One answer for each case, in their order.

    Raises:
        OutputError: The folder cannot be written.
        AnswerFileError: `out/answers.jsonl` is of this run but damaged.
    """
    identity = "" if settings is None else fingerprint_run(cases, settings)
    answers = _prepare(out, identity, cases, settings or {})
    waiting = [case for case in cases if case.id not in answers]
    # Where nobody watches, a line every ten seconds is enough.
    interval = 0.1 if sys.stderr.isatty() else 10.0
    with _opened(out / ANSWERS, "a") as file:
        progress = tqdm(
            waiting, desc="questions", unit="question", initial=len(answers), total=len(cases), disable=quiet,
            mininterval=interval, dynamic_ncols=True,
        )  # fmt: skip
        for case in progress:
            answers[case.id] = _answer_case(case, answerer)
            file.write(_as_line(answers[case.id]))
            file.flush()
    in_order = [answers[case.id] for case in cases]
    if len(waiting) < len(cases):
        _replace(out / ANSWERS, map(_as_line, in_order))
    return in_order


def fingerprint_run(cases: Sequence[Case], settings: Settings) -> str:
    """Identity of a run: SHA-256, hexadecimal, of its cases and settings."""
    stated = json.dumps(dict(settings), sort_keys=True)
    return sha256(f"{fingerprint_cases(list(cases))}\n{stated}".encode()).hexdigest()


def read_answers(path: Path) -> list[Answer]:
    """The answers of an `answers.jsonl`; a last line without its end, left by an interruption, does not count.

    Raises:
        AnswerFileError: With the file and line of what cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as problem:
        raise AnswerFileError(f"{path}: cannot be read ({problem.strerror}); run `utblick eval run` first") from problem
    answers = []
    for number, line in enumerate(lines, start=1):
        try:
            answers.append(_ANSWER.validate_python(json.loads(line)))
        except (ValueError, RecursionError) as problem:
            message = f"{path}, line {number}: is no answer ({problem}); take the line away and run again"
            raise AnswerFileError(message) from problem
    return answers


def _answer_case(case: Case, answerer: Answerer) -> Answer:
    """The answer to a case, after the earlier questions of its conversation."""
    began = time.perf_counter()
    turns: list[Turn] = []
    try:
        for position, earlier in enumerate(case.history, start=1):
            before = answerer.ask(earlier.question, tuple(turns), answer_id=f"{case.id}.{position}")
            turns.append(Turn(earlier.question, before.text))
        answer = answerer.ask(case.question, tuple(turns), answer_id=case.id)
    except Exception as problem:  # one question must not end the batch
        return Answer(
            id=case.id,
            question=case.question,
            standalone_question=case.question,
            language=case.lang or "",
            status=AnswerStatus.FAILED,
            text=f"{type(problem).__name__}: {problem}",
            seconds=time.perf_counter() - began,
            model="",
        )
    return replace(answer, id=case.id)


def _prepare(out: Path, identity: str, cases: Sequence[Case], settings: Settings) -> dict[str, Answer]:
    """Make the folder ready; the answers in it that this run keeps, by identifier."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise OutputError(f"{out}: cannot be made ({problem.strerror}); give another folder to --out") from problem
    earlier = _earlier_identity(out / RUN)
    kept: dict[str, Answer] = {}
    if (out / ANSWERS).exists():
        if identity and earlier == identity:
            asked = {case.id for case in cases}
            kept = {
                answer.id: answer
                for answer in read_answers(out / ANSWERS)
                if answer.status is not AnswerStatus.FAILED and answer.id in asked
            }
        else:
            _set_aside(out / ANSWERS, earlier)
    stated = {"identity": identity, "questions": len(cases), "settings": dict(settings)}
    _replace(out / RUN, [json.dumps(stated, ensure_ascii=False, indent=2) + "\n"])
    _replace(out / ANSWERS, map(_as_line, kept.values()))
    return kept


def _earlier_identity(path: Path) -> str:
    """Identity of the run that wrote the folder, or the empty string."""
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(stated.get("identity", "")) if isinstance(stated, dict) else ""


def _set_aside(path: Path, identity: str) -> None:
    """Keep the answers of another run under a name that is free."""
    stem = f"answers-{identity[:8] or 'earlier'}"
    free = (path.with_name(f"{stem}{f'-{count}' if count else ''}.jsonl") for count in range(10_000))
    target = next((name for name in free if not name.exists()), None)
    if target is None:
        raise OutputError(f"{path.parent}: holds thousands of earlier runs; give another folder to --out")
    path.rename(target)
    _LOG.warning("%s: answers of other questions or settings are now in %s", path, target.name)


def _as_line(answer: Answer) -> str:
    return json.dumps(answer.as_json(), ensure_ascii=False) + "\n"


def _opened(path: Path, mode: Literal["a", "w"]) -> TextIO:
    try:
        # A lone surrogate becomes \udxxx, which is its JSON escape.
        return path.open(mode, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as problem:
        raise OutputError(f"{path}: cannot be written ({problem.strerror}); give another folder to --out") from problem


def _replace(path: Path, lines: Iterable[str]) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with _opened(partial, "w") as file:
        file.writelines(lines)
    partial.replace(path)
