"""Keep a run so that it can be measured again without its store, and read it back to compare it with another."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.answers import Answer
from evals.cases import Case, read_cases
from evals.errors import AnswerFileError, OutputError, RunsDiffer
from evals.measure import Report, measure_run
from evals.measures import TIMES
from evals.ranking import rankings_of
from evals.report import score_as_json
from evals.retrieval import write_run
from evals.run import ANSWERS, CASES, EFFORT, RUN, read_answers, read_efforts
from evals.score import PageSource
from vectorstore.errors import UnknownDocument

STORE = "store.json"
REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """One question of a run as a comparison needs it.

    Attributes:
        id: The case's.
        question: As it was asked.
        kind: Kind of question, empty where it has none.
        expects_answer: Whether the documents hold an answer; None where that is not known.
        outcome: How it came out.
        values: Value of each measure that applies, times left out.
        seconds: Wall-clock time.
        faults: What is wrong, in words.
        digest: Identity of the answer: status, text and citations.
    """

    id: str
    question: str
    kind: str
    expects_answer: bool | None
    outcome: str
    values: Mapping[str, float]
    seconds: float
    faults: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that was read back.

    Attributes:
        folder: Where it is.
        settings: What its answers depend on.
        questions: By identifier, in the order of the question file.
    """

    folder: Path
    settings: Mapping[str, Any]
    questions: Mapping[str, StoredQuestion]


class _Pages:
    """The pages that the citations of a run name."""

    def __init__(self, pages: Mapping[tuple[str, int], str]) -> None:
        self._pages = pages

    def page_text(self, document: str, page: int, /) -> str:
        return self._pages[document, page]


def store_run(
    out: Path,
    cases: Sequence[Case],
    answers: Sequence[Answer],
    page_source: PageSource,
    documents: Collection[str],
) -> None:
    """Write what measuring the answers again needs, and how passages were ranked in TREC form.

    `store.json` holds the names of the documents and the pages that are cited. `documents.run` and `passages.run` hold
    the rankings, `documents.qrels` and `passages.qrels` what is relevant, so that any TREC tool can measure them.

    Raises:
        OutputError: The folder cannot be written.
    """
    cited = sorted({(citation.document, citation.page) for answer in answers for citation in answer.citations})
    pages = []
    for document, page in cited:
        try:
            pages.append({"document": document, "page": page, "text": page_source.page_text(document, page)})
        except (LookupError, UnknownDocument):
            continue  # a citation of a page that there is not; the measures tell
    kept = {"documents": sorted(documents), "pages": pages}
    _write(out / STORE, json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    for what, (qrels, run) in rankings_of(cases, {answer.id: answer for answer in answers}, documents).items():
        lines = [f"{_bare(case)} 0 {_bare(name)} {grade}\n" for case, of in qrels.items() for name, grade in of.items()]
        _write(out / f"{what}.qrels", "".join(lines))
        plain = {_bare(case): {_bare(name): score for name, score in of.items()} for case, of in run.items()}
        write_run(out / f"{what}.run", plain, what)


def load_run(folder: Path) -> StoredRun:
    """Read a run: its answers measured anew where they are kept with their questions, else its `report.json`.

    Measuring anew compares two runs by the measures of today, also where one was made before these changed.

    Raises:
        RunsDiffer: There is no run in the folder.
        AnswerFileError: Its files are damaged.
        QuestionFileError: Its questions are damaged.
    """
    if (folder / ANSWERS).exists() and (folder / CASES).exists() and (folder / STORE).exists():
        settings = dict(_read_object(folder / RUN).get("settings", {}))
        return as_stored(folder, measure_again(folder), settings)
    if not (folder / REPORT).exists():
        raise RunsDiffer(f"{folder}: holds no run; `utblick eval run QUESTIONS --out {folder}` makes one")
    plain = _read_object(folder / REPORT)
    try:
        questions = [_question(entry) for entry in plain["per_question"]]
    except (KeyError, TypeError, ValueError) as problem:
        raise AnswerFileError(f"{folder / REPORT}: is no report of a run ({problem!r}); make it anew") from problem
    return StoredRun(folder, plain.get("settings", {}), {question.id: question for question in questions})


def measure_again(folder: Path) -> Report:
    """The measures of a run whose answers, questions and cited pages are kept."""
    kept = _read_object(folder / STORE)
    try:
        pages = {(entry["document"], entry["page"]): entry["text"] for entry in kept["pages"]}
        documents = list(kept["documents"])
    except (KeyError, TypeError) as problem:
        raise AnswerFileError(f"{folder / STORE}: is not as it was written ({problem!r}); run again") from problem
    cases = read_cases(folder / CASES)
    answers = read_answers(folder / ANSWERS)
    return measure_run(cases, answers, _Pages(pages), documents, read_efforts(folder / EFFORT))


def as_stored(folder: Path, report: Report, settings: Mapping[str, Any]) -> StoredRun:
    """A report in the form in which runs are compared."""
    questions = [_question(score_as_json(score)) for score in report.scores]
    return StoredRun(folder, settings, {question.id: question for question in questions})


def _question(plain: Mapping[str, Any]) -> StoredQuestion:
    values = {str(name): float(value) for name, value in plain["values"].items()}
    return StoredQuestion(
        id=str(plain["id"]),
        question=str(plain["question"]),
        kind=str(plain.get("kind") or ""),
        expects_answer=plain.get("expects_answer"),
        outcome=str(plain["outcome"]),
        values={name: value for name, value in values.items() if name not in TIMES},
        seconds=values.get("seconds", 0.0),
        faults=tuple(map(str, plain.get("faults", ()))),
        digest=str(plain.get("answer", "")),
    )


def _read_object(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise AnswerFileError(f"{path}: cannot be read ({problem.strerror}); run again") from problem
    except ValueError as problem:
        raise AnswerFileError(f"{path}: is not JSON ({problem}); run again") from problem
    if not isinstance(plain, dict):
        raise AnswerFileError(f"{path}: must hold one JSON object; run again")
    return plain


def _bare(name: str) -> str:
    """Without white space, which divides the columns."""
    return "_".join(name.split())


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as problem:
        raise OutputError(f"{path}: cannot be written ({problem.strerror}); give another folder to --out") from problem
