"""Write an answer with a language model: ask with numbered evidence, judge each sentence, tell what holds."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.errors import ModelError
from assistant.evidence import Unit
from assistant.model import LanguageModel, Tally
from assistant.score import Scored, answer_threshold
from assistant.tell import Drafted, Outcome, Telling
from assistant.understand import Question
from assistant.values import holds
from assistant.verify import Claim, Support, verify_stream
from assistant.wording import is_held, terms_of
from ingest.document import Document, Field
from ingest.sentences import split_sentences
from prompts import prompt_digest
from vectorstore.analyse import STOP_WORDS, words

SHOWN = {"chat": 10, "completion": 5}
"""How many evidence units a language model is shown, by form of its prompt; a base model loses its way among more."""

LEAST_SHARE = 0.5
"""Share of the certainty with which evidence answers by itself that a model's answer needs of its best evidence.

A model that reads well finds answers where the score is unsure; one that does not tells what is true and irrelevant.
"""

_ABSTAINS = re.compile(r"[\s*\"'“”«»(]*(?:INGET SVAR|NO ANSWER)\b(?=[\s*\"'“”«».!)\[]|$)", re.IGNORECASE)
"""What the prompt asks a model to write when the evidence holds no answer."""
_BEFORE_NUMBER = re.compile(r"(?=\[\d{1,3}\])")
_NUMBERED = re.compile(r"(?:\[(\d{1,3})\])?(.*)", re.DOTALL)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A numbered piece of evidence, as the prompt shows it.

    Attributes:
        number: From 1.
        title: Title of its document.
        period: Years that the document covers, where known.
        text: Its text.
    """

    number: int
    title: str
    period: str | None
    text: str


class ModelWriter:
    """Writes answers with a language model.

    Args:
        model: What writes.
        nearness: Cosine of two texts in different languages.
    """

    def __init__(self, model: LanguageModel, nearness: Callable[[str, str], float]) -> None:
        self.model = model
        self._nearness = nearness

    def write(
        self, question: Question, scored: Sequence[Scored], documents: Mapping[str, Document], tally: Tally
    ) -> Iterator[Drafted]:
        """Have the model answer, and give out the answer again and again as it grows; the last one is complete.

        Only sentences that were judged and found supported are given out, before the end too.

        Args:
            question: The question.
            scored: Evidence units, best first.
            documents: The documents they come from, by identifier.
            tally: Where it is counted what the model did. After a failure the model is not asked again.
        """
        units = scored[: SHOWN[self.model.form]]
        if not units or tally.failure:
            yield Drafted(Outcome.FAILED if tally.failure else Outcome.NOTHING_HOLDS)
            return
        evidence = dict(enumerate(units, start=1))
        support = {
            number: _support(entry, documents[entry.unit.document], question.language)
            for number, entry in evidence.items()
        }
        threshold = answer_threshold(units)
        telling = Telling(evidence, support, documents, threshold)
        heard: list[str] = []
        told: set[Claim] = set()
        pieces = _overheard(self._ask(question, evidence, documents, tally), heard)
        try:
            for claim in verify_stream(pieces, support, self._nearness):
                if claim in told:
                    break  # it repeats itself, as small models do until they are stopped
                told.add(claim)
                if telling.take(claim) and not abstains("".join(heard)):
                    yield telling.so_far()
        except ModelError as error:
            _log.warning("%s", error)
            yield Drafted(Outcome.FAILED)
            return
        drafted = telling.complete(tally)
        if abstains("".join(heard)):
            yield Drafted(Outcome.ABSTAINED)
        elif drafted.text and (
            telling.likeliest < LEAST_SHARE * threshold or _lost_core(question, units[0], drafted.text, threshold)
        ):
            tally.dropped_sentences += tally.replaced_sentences
            tally.replaced_sentences = 0
            yield Drafted(Outcome.NOTHING_HOLDS)
        else:
            yield drafted

    def _ask(
        self, question: Question, evidence: Mapping[int, Scored], documents: Mapping[str, Document], tally: Tally
    ) -> Iterator[str]:
        by_example = self.model.form == "completion"
        tally.prompt = prompt_digest(self.model.prompt("answer"), question.language)
        pieces = self.model.write(
            "answer",
            question.language,
            tally,
            evidence=[
                evidence_piece(number, documents[entry.unit.document], entry.unit.text, one_line=by_example)
                for number, entry in evidence.items()
            ],
            question=defused(question.standalone, one_line=True),
        )
        return _numbers_behind(pieces) if by_example else pieces


def _lost_core(question: Question, best: Scored, text: str, threshold: float) -> bool:
    """Whether an answer lacks what was asked for, though the best evidence has it and answers by itself."""
    if best.certainty < threshold or not best.features.typed:
        return False
    if best.features.listed and not _tells_items(best.unit, text):
        return True
    return not holds(question.kind, replace(best.unit, text=text), question.text)


def abstains(draft: str) -> bool:
    """Whether a model wrote that the evidence holds no answer."""
    return bool(_ABSTAINS.match(draft))


def evidence_piece(number: int, document: Document, text: str, *, one_line: bool) -> Evidence:
    """A numbered piece of evidence that cannot end itself or begin another."""
    return Evidence(
        number,
        defused(document.title, one_line=True),
        document.fact(Field.PERIOD),
        defused(text, one_line=one_line),
    )


def defused(text: str, *, one_line: bool) -> str:
    """A text as data in a prompt: without what delimits it there, and without markers of its own.

    Args:
        text: From a document or a reader.
        one_line: Whether a line break would delimit it.
    """
    plain = text.replace("<", "‹").replace(">", "›").replace('"', "”")
    plain = re.sub(r"\[(\d+)\]", r"(\1)", plain)
    return "; ".join(filter(None, map(str.strip, plain.splitlines()))) if one_line else plain


def _numbers_behind(pieces: Iterator[str]) -> Iterator[str]:
    """What a base model writes, with the number that it writes before sentences behind each of them."""
    rest = ""
    for piece in pieces:
        *whole, rest = _BEFORE_NUMBER.split(rest + piece)
        yield from map(_number_behind, whole)
    yield _number_behind(rest)


def _number_behind(part: str) -> str:
    number, text = _NUMBERED.match(part).groups()  # type: ignore[union-attr]  # it matches every text
    if number is None:
        return str(text)
    return "".join(f"{text[start:end]} [{number}] " for start, end in split_sentences(text))


def _overheard(pieces: Iterator[str], heard: list[str]) -> Iterator[str]:
    for piece in pieces:
        heard.append(piece)
        yield piece


def _tells_items(unit: Unit, text: str) -> bool:
    """Whether a text tells most items of a list: of each most of its words."""
    told = terms_of(text)
    items = [
        [word for word in words(item) if word not in STOP_WORDS]
        for item in unit.text.splitlines()[len(unit.spans) > 1 :]
    ]
    named = [item for item in items if item and 2 * sum(is_held(word, told) for word in item) >= len(item)]
    return 2 * len(named) >= len(items)


def _support(entry: Scored, document: Document, language: str) -> Support:
    """A unit as evidence to judge claims by."""
    facts = (document.fact(Field.ORGANISATION) or "", document.fact(Field.PERIOD) or "")
    above = " ".join((document.title, *facts, *entry.unit.headings))
    return Support(entry.unit.text, above, (document.fact(Field.LANGUAGE) or "sv") == language)
