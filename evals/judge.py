"""Have a language model judge answers: are their claims in what they cite, and do they state what is expected?

Faithfulness as the share of claims that the cited passages support follows S. Es, J. James, L. Espinosa-Anke,
S. Schockaert: RAGAS: Automated evaluation of retrieval augmented generation. EACL 2024. A model's judgement is worth as
much as it agrees with people's; so that is measured first, on `evals/datasets/judged.jsonl`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.answers import Answer
from evals.cases import Case
from evals.errors import JudgeError, QuestionFileError
from evals.estimate import Estimate, estimate_share
from evals.jsonl import read_models

LEAST_KAPPA = 0.6
"""Agreement beyond chance under which a judge's numbers are not shown; *substantial* above it (Landis, Koch, 1977)."""

PROMPT = "judge"

Ask: TypeAlias = Callable[[str, str, Mapping[str, object]], str]
"""Given the name of a prompt, `sv` or `en`, and what it is filled in with: what the language model writes."""

_TRIES = 2
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class JudgedClaim(_Strict):
    """A claim of an answer, and whether what it cites says it."""

    claim: str
    supported: bool


class _StatedFact(_Strict):
    fact: int
    stated: bool


class _Written(_Strict):
    claims: tuple[JudgedClaim, ...] = Field(default=(), strict=False)
    facts: tuple[_StatedFact, ...] = Field(default=(), strict=False)


class Quoted(_Strict):
    """A passage that an answer cites."""

    title: str
    text: str


class LabelledAnswer(_Strict):
    """An answer that people have judged."""

    id: str
    lang: str = Field(pattern="^(sv|en)$")
    question: str
    answer: str
    quotes: tuple[Quoted, ...] = Field(strict=False)
    facts: tuple[str, ...] = Field(strict=False)
    faithful: bool
    stated: tuple[bool, ...] = Field(strict=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge found in an answer.

    Attributes:
        claims: The claims that the answer makes.
        stated: For each expected fact, whether the answer states it.
    """

    claims: tuple[JudgedClaim, ...]
    stated: tuple[bool, ...]

    @property
    def faithfulness(self) -> float | None:
        """Share of the claims that are supported; None where there is no claim."""
        return sum(claim.supported for claim in self.claims) / len(self.claims) if self.claims else None

    @property
    def completeness(self) -> float | None:
        """Share of the expected facts that are stated; None where none is expected."""
        return sum(self.stated) / len(self.stated) if self.stated else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a judge agrees with people.

    Attributes:
        agreed: Share of judgements that are the same, with its interval.
        kappa: Cohen's kappa: agreement beyond what chance would give.
    """

    agreed: Estimate
    kappa: float


def judge_answer(
    ask: Ask, language: str, question: str, answer: str, quotes: Sequence[Quoted], facts: Sequence[str]
) -> Judgement:
    """Have one answer judged. What is no judgement is asked for once more.

    Raises:
        JudgeError: The model writes nothing that can be read as a judgement.
    """
    variables = {
        "question": _defused(question),
        "answer": _defused(answer),
        "quotes": [{"title": _defused(quote.title), "text": _defused(quote.text)} for quote in quotes],
        "facts": [_defused(fact) for fact in facts],
    }
    problem = ""
    for _ in range(_TRIES):
        found = _read(ask(PROMPT, language, variables), len(facts))
        if isinstance(found, Judgement):
            return found
        problem = found
    raise JudgeError(f"the judge's reply cannot be read ({problem}); another model may keep to the form")


def as_judged(case: Case, answer: Answer) -> tuple[str, Sequence[Quoted], Sequence[str]]:
    """What of a case and its answer is put to a judge: language, quotes, expected facts."""
    quotes = [Quoted(title=citation.title, text=citation.quote) for citation in answer.citations]
    language = answer.language if answer.language in ("sv", "en") else "sv"
    return language, quotes, [" / ".join(spellings) for spellings in case.facts]


def read_labelled(path: Path | None = None) -> list[LabelledAnswer]:
    """The labelled answers of a file; without one, those of the project.

    Raises:
        QuestionFileError: With the file, line and field of each fault.
    """
    own = Path(str(files("evals").joinpath("datasets", "judged.jsonl")))
    labelled = read_models(path or own, LabelledAnswer, lambda line: line.id, QuestionFileError)
    for one in labelled:
        if len(one.stated) != len(one.facts):
            raise QuestionFileError(f"{path or own}, id {one.id!r}: 'stated' must have one entry for each of 'facts'")
    return labelled


def measure_agreement(ask: Ask, labelled: Sequence[LabelledAnswer]) -> dict[str, Agreement]:
    """How far a judge agrees with people: `faithful` (no claim unsupported) by answer, `stated` by fact.

    A reply that cannot be read disagrees with people on all of its answer.
    """
    pairs: dict[str, list[tuple[bool, bool]]] = {"faithful": [], "stated": []}
    for one in labelled:
        try:
            found = judge_answer(ask, one.lang, one.question, one.answer, one.quotes, one.facts)
        except JudgeError:
            found = Judgement(
                (JudgedClaim(claim="", supported=not one.faithful),), tuple(not stated for stated in one.stated)
            )
        pairs["faithful"].append((one.faithful, found.faithfulness == 1.0))
        pairs["stated"] += zip(one.stated, found.stated, strict=True)
    return {name: agreement_of(several) for name, several in pairs.items()}


def agreement_of(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """Agreement of two raters' yes and no.

    J. Cohen: A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20 (1960).
    """
    count = len(pairs)
    same = sum(one == other for one, other in pairs)
    first, second = sum(one for one, _ in pairs) / count, sum(other for _, other in pairs) / count
    by_chance = first * second + (1 - first) * (1 - second)
    kappa = 1.0 if by_chance == 1 else (same / count - by_chance) / (1 - by_chance)
    return Agreement(estimate_share(same, count), kappa)


def _read(reply: str, facts: int) -> Judgement | str:
    """The judgement in a reply, or what is wrong with it."""
    match = _OBJECT.search(reply)
    if not match:
        return "no JSON object"
    try:
        written = _Written.model_validate(json.loads(match[0]))
    except (ValidationError, ValueError) as problem:
        return str(problem).splitlines()[0]
    stated = {one.fact: one.stated for one in written.facts}
    if set(stated) != set(range(1, facts + 1)):
        return f"facts {sorted(stated)} of {facts}"
    if not written.claims:
        return "no claim"
    return Judgement(written.claims, tuple(stated[number] for number in range(1, facts + 1)))


def _defused(text: str) -> str:
    """Text that cannot close what delimits it in the prompt."""
    return text.replace("<", "‹").replace(">", "›").replace('"', "”")


def judgement_as_json(case_id: str, judgement: Judgement) -> dict[str, Any]:
    """A line of `judge.jsonl`."""
    return {
        "id": case_id,
        "faithfulness": judgement.faithfulness,
        "completeness": judgement.completeness,
        "claims": [claim.model_dump() for claim in judgement.claims],
        "stated": list(judgement.stated),
    }
