"""Make a follow-up a standalone question with a language model, and see to it that nothing was made up."""

import logging
import re
from collections.abc import Sequence

from assistant.answers import Turn
from assistant.errors import ModelError
from assistant.model import LanguageModel, Tally
from assistant.particulars import holds_name, missing_names, negated
from assistant.quantities import quantities
from assistant.understand import refers_back
from assistant.wording import is_held, names_in_claim, terms_of
from assistant.write_by_model import defused
from ingest.language import detect_language
from vectorstore.analyse import STOP_WORDS, words

TURNS = 3
"""How many earlier turns the model is shown."""

MOST_CHARACTERS = 300
_ANSWER_CHARACTERS = 400
_LABEL = re.compile(
    r"^(?:omskriven(?: fråga)?|rewritten(?: question)?|sista frågan|last question)\s*:\s*", re.IGNORECASE
)

_log = logging.getLogger(__name__)


def rewrite_question(
    model: LanguageModel, question: str, history: Sequence[Turn], language: str, tally: Tally
) -> str | None:
    """A follow-up worded so that it can be understood alone.

    Args:
        model: What rewrites.
        question: The follow-up.
        history: Earlier turns, oldest first.
        language: `sv` or `en`.
        tally: Where it is counted what the model did.

    Returns:
        The question; None where the model failed, or wrote something that the conversation does not hold.
    """
    turns = [
        Turn(defused(turn.question, one_line=True), defused(turn.answer, one_line=True)[:_ANSWER_CHARACTERS])
        for turn in history[-TURNS:]
    ]
    try:
        written = "".join(
            model.write("standalone", language, tally, turns=turns, question=defused(question, one_line=True))
        )
    except ModelError as error:
        _log.warning("%s", error)
        return None
    line = next((line.strip() for line in written.splitlines() if line.strip()), "").strip("\"'“”* ")
    rewritten = _LABEL.sub("", line)
    said = "\n".join((question, *(text for turn in history for text in (turn.question, turn.answer))))
    return rewritten if is_faithful(rewritten, question, said, language) else None


def is_faithful(rewritten: str, question: str, said: str, language: str) -> bool:
    """Whether a rewritten question is a question, keeps what was asked, and adds nothing to the conversation.

    Args:
        rewritten: What a model wrote.
        question: The follow-up.
        said: The whole conversation, the follow-up included.
        language: `sv` or `en`.
    """
    if not rewritten.endswith("?") or len(rewritten) > MOST_CHARACTERS or rewritten.count("?") > 1:
        return False
    if refers_back(rewritten) or detect_language(rewritten) != language or negated(rewritten) != negated(question):
        return False
    numbers = {quantity.value for quantity in quantities(rewritten)}
    asked = {quantity.value for quantity in quantities(question)}
    known = {quantity.value for quantity in quantities(said)}
    if not asked <= numbers <= known or missing_names(rewritten, said, same_language=True):
        return False
    if not all(holds_name(rewritten, name) for name, begins in names_in_claim(question) if not begins):
        return False
    stems = terms_of(said)
    informative = [word for word in words(rewritten) if word not in STOP_WORDS]
    return bool(informative) and sum(is_held(word, stems) for word in informative) >= 0.8 * len(informative)
