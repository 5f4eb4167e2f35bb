"""Ask every question of a file, write the answers as they come, go on after an interruption."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias

from pydantic import TypeAdapter

from assistant.answers import Answer, AnswerStatus
from evals.ask import Answerer, Asked, Effort, ask_case
from evals.cases import Case, fingerprint_cases
from evals.errors import AnswerFileError, OutputError
from evals.progress import Progress
from evals.workers import Workers

ANSWERS = "answers.jsonl"
CASES = "cases.jsonl"
EFFORT = "effort.jsonl"
RUN = "run.json"

Settings: TypeAlias = Mapping[str, str | int | float | bool | None]

_ANSWER = TypeAdapter(Answer)
_EFFORT = TypeAdapter(Effort)
_LOG = logging.getLogger(__name__)


def run_cases(
    cases: Sequence[Case],
    answerer: Answerer | Workers,
    out: Path,
    *,
    settings: Settings | None = None,
    quiet: bool = False,
) -> list[Answer]:
    """Answer every case into `out/answers.jsonl`, one object a line, each on disk as soon as it has come.

    A run that was interrupted goes on where it stopped: answers of the same questions under the same `settings`
    are kept, failed ones are asked again. Answers of other questions or settings are set aside as
    `answers-<identity>.jsonl`. A question that raises becomes an answer with status `failed`. In the end the answers
    stand in the order of the cases. `out/effort.jsonl` holds what each took: stages, calls of a language model, tokens.

    Args:
        cases: What to ask; identifiers are unique.
        answerer: What answers; earlier questions of a case are put to it first. `Workers` answer several at once,
            each within its time.
        out: Folder for the results, made when absent.
        settings: All that an answer depends on beside its question: model, prompts, state of the store. None
            says that this is not known, so that no earlier answer is kept.
        quiet: Show no progress.

    Returns:
        One answer for each case, in their order.

    Raises:
        OutputError: The folder cannot be written.
        AnswerFileError: `out/answers.jsonl` is of this run but damaged.
        WorkerError: The workers cannot answer.
    """
    identity = "" if settings is None else fingerprint_run(cases, settings)
    answers = _prepare(out, identity, cases, settings or {})
    efforts = {effort.id: effort for effort in read_efforts(out / EFFORT) if effort.id in answers}
    _replace(out / EFFORT, map(_as_line, efforts.values()))
    waiting = [case for case in cases if case.id not in answers]
    progress = Progress(len(cases), "questions", done=len(answers), quiet=quiet)
    with _opened(out / ANSWERS, "a") as file, _opened(out / EFFORT, "a") as effort_file:
        for asked in _ask_all(waiting, answerer):
            answers[asked.answer.id], efforts[asked.answer.id] = asked.answer, asked.effort
            # The effort first: an answer on disk is one that is not asked again.
            for target, line in ((effort_file, asked.effort), (file, asked.answer)):
                target.write(_as_line(line))
                target.flush()
            progress.step(failed=asked.answer.status is AnswerStatus.FAILED)
    progress.close()
    in_order = [answers[case.id] for case in cases]
    if list(answers) != [case.id for case in cases]:
        _replace(out / EFFORT, [_as_line(efforts[case.id]) for case in cases if case.id in efforts])
        _replace(out / ANSWERS, map(_as_line, in_order))
    return in_order


def _ask_all(cases: Sequence[Case], answerer: Answerer | Workers) -> Iterator[Asked]:
    if isinstance(answerer, Workers):
        yield from answerer.answer(cases)
        return
    for case in cases:
        yield ask_case(case, answerer)


def fingerprint_run(cases: Sequence[Case], settings: Settings) -> str:
    """Identity of a run: SHA-256, hexadecimal, of its cases and settings."""
    stated = json.dumps(dict(settings), sort_keys=True)
    return sha256(f"{fingerprint_cases(list(cases))}\n{stated}".encode()).hexdigest()


def read_answers(path: Path) -> list[Answer]:
    """The answers of an `answers.jsonl`; a last line without its end, left by an interruption, does not count.

    Raises:
        AnswerFileError: With the file and line of what cannot be read.
    """
    return _read_lines(path, _ANSWER)


def read_efforts(path: Path) -> list[Effort]:
    """What the answers took, of an `effort.jsonl`; of a folder without one, nothing.

    Raises:
        AnswerFileError: With the file and line of what cannot be read.
    """
    return _read_lines(path, _EFFORT) if path.exists() else []


def _read_lines(path: Path, adapter: TypeAdapter[Any]) -> list[Any]:
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as problem:
        raise AnswerFileError(f"{path}: cannot be read ({problem.strerror}); run `utblick eval run` first") from problem
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(adapter.validate_python(json.loads(line)))
        except (ValueError, RecursionError) as problem:
            message = f"{path}, line {number}: cannot be read ({problem}); take the line away and run again"
            raise AnswerFileError(message) from problem
    return found


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
    _replace(out / CASES, (json.dumps(_plain(case), ensure_ascii=False) + "\n" for case in cases))
    _replace(out / ANSWERS, map(_as_line, kept.values()))
    return kept


def _plain(case: Case) -> dict[str, Any]:
    return case.model_dump(mode="json", exclude_defaults=True)


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


def _as_line(entry: Answer | Effort) -> str:
    return json.dumps(entry.as_json(), ensure_ascii=False) + "\n"


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
