"""What the chat keeps for its users: conversations, links to answers, and what they say of them."""

import logging
import uuid
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from assistant.archive import Archive, ArchiveError
from assistant.feedback import FeedbackError, Judgement, Reason, keep_feedback
from assistant.ui_actions import FAILED
from assistant.ui_data import text_of
from assistant.ui_history import history_html
from assistant.ui_language import texts_in
from assistant.ui_state import Data, Exchange, Exchanges, Phase, turns
from assistant.ui_visitor import Visitor

logger = logging.getLogger(__name__)

_REMEMBERED = 10_000


class Kept:
    """Conversations of all users and their feedback. What cannot be read or written is logged, and the chat goes on.

    Args:
        archive: Keeps the conversations.
        folder: Where feedback is kept; None keeps none.
        days: For how long conversations are kept, as the reader is told; 0 where they are kept in memory only.
    """

    def __init__(self, archive: Archive, folder: Path | None = None, days: int = 0) -> None:
        self._archive = archive
        self._folder = folder
        self._days = days
        # Not part of a session's state: an answer under way would write its own view of that over it.
        self._judged: OrderedDict[str, str] = OrderedDict()

    def keep(self, user: str, exchanges: Exchanges) -> None:
        """Keep a conversation."""
        try:
            self._archive.keep(user, exchanges)
        except ArchiveError:
            logger.exception("A conversation could not be kept")

    def verdict(self, exchange: Exchange) -> str:
        """What was said of an answer."""
        return self._judged.get(exchange.id, exchange.verdict)

    def history(self, exchanges: Exchanges, visitor: Visitor) -> str:
        """The user's conversations, and the ways to save the one on the page."""
        saved = any(exchange.phase == Phase.COMPLETE and exchange.answer for exchange in exchanges)
        try:
            entries = self._archive.entries(visitor.user) if visitor.user else []
        except ArchiveError:
            logger.exception("Conversations could not be listed")
            entries = []
        kept = saved and exchanges[0].id in {entry.id for entry in entries}
        return history_html(entries, exchanges[0].id if kept else "", self._days, texts_in(visitor.language))

    def open_conversation(self, conversation: str, user: str) -> Exchanges:
        """A conversation of the user's; empty where there is none."""
        try:
            return self._archive.conversation(user, conversation)
        except ArchiveError:
            logger.exception("A conversation could not be opened")
            return ()

    def open_link(self, answer: str, user: str) -> Exchanges:
        """What a link leads to: an answer, with which a conversation of one's own can be gone on with."""
        try:
            found = self._archive.answer(user, answer)
        except ArchiveError:
            logger.exception("An answer could not be opened by its link")
            found = None
        if found is None or found.answer is None:
            return (Exchange("", Phase.GONE),)
        return (replace(found, id=uuid.uuid4().hex, shared=True, verdict=""),)

    def forget(self, data: Data, exchanges: Exchanges, user: str) -> Exchanges:
        """Delete a conversation, or all where none is named; what is on the page goes with it."""
        named = data.get("conversation")
        conversation = named if isinstance(named, str) else None
        self._archive.delete(user, conversation)
        here = exchanges[0].id if exchanges else None
        return () if conversation in (None, here) else exchanges

    def link(self, data: Data, user: str) -> None:
        """Let others open an answer."""
        self._archive.link(user, str(data.get("id", "")))

    def judge(self, data: Data, exchanges: Exchanges, user: str) -> None:
        """Keep what the reader says of an answer; a later word about the same answer takes its place."""
        index = next((i for i, exchange in enumerate(exchanges) if exchange.id == data.get("id")), None)
        answer = exchanges[index].answer if index is not None else None
        verdict, reason = text_of(data, "verdict"), text_of(data, "reason")
        if index is not None and answer is not None and verdict in set(Judgement):
            history = turns(exchanges[:index])
            why = Reason(reason) if reason in set(Reason) and verdict == Judgement.NOT_USEFUL else None
            try:
                if self._folder is None:
                    raise FeedbackError("There is no folder to keep feedback in.")
                keep_feedback(self._folder, answer, history, Judgement(verdict), why, text_of(data, "comment"))
                self._archive.judge(user, exchanges[index].id, verdict)
            except (FeedbackError, ArchiveError):
                logger.exception("Feedback could not be kept")
                verdict = FAILED
            self._judged[exchanges[index].id] = verdict
            while len(self._judged) > _REMEMBERED:
                self._judged.popitem(last=False)
