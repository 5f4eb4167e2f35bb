"""Conversations of the chat, kept on this machine for who had them: found again, linked to, deleted, and expired.

One SQLite file beside the store. A conversation belongs to one user. An answer can be opened by others once its user
has made a link to it; a link lasts until the conversation is deleted.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.answers import Answer
from assistant.errors import AssistantError
from assistant.ui_state import Exchange, Phase

FILE = "conversations.sqlite"
_EXPIRE_EVERY = 3600.0
_LISTED = 100
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS conversation (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS conversation_user ON conversation (user, changed);
CREATE TABLE IF NOT EXISTS exchange (
    id TEXT PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, question TEXT NOT NULL, phase TEXT NOT NULL, answer TEXT, asked TEXT NOT NULL,
    verdict TEXT NOT NULL DEFAULT '', linked INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS exchange_conversation ON exchange (conversation, position);
PRAGMA user_version = 1;
"""


class ArchiveError(AssistantError):
    """The conversations cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation as it is listed.

    Attributes:
        id: Identifier.
        title: Its first question.
        changed: When something was last asked in it, UTC, ISO 8601.
        questions: How many were asked.
    """

    id: str
    title: str
    changed: str
    questions: int


class Archive:
    """Keeps conversations. May be used by several threads.

    Args:
        folder: Where `conversations.sqlite` is; None keeps them in memory, until the program ends.
        days: After so many days without a question a conversation expires; an answer with a link to it does not.

    Raises:
        ArchiveError: The file cannot be opened.
    """

    def __init__(self, folder: Path | None, days: int = 90) -> None:
        self._where = ":memory:" if folder is None else str(folder / FILE)
        self._days = days
        self._expired = 0.0
        self._lock = threading.Lock()
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._where, timeout=10, check_same_thread=False, isolation_level=None)
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ArchiveError(
                f"Conversations cannot be kept in {self._where}: {error}. See to it that the folder can be written to, "
                "or move the file away if it is damaged; or set UTBLICK_CONVERSATION_DAYS=0 to keep none."
            ) from error
        self.expire()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def keep(self, user: str, exchanges: Sequence[Exchange]) -> None:
        """Keep a conversation, which is named by its first exchange; of what is kept already the last one may change.

        Nothing is kept for nobody, nor in a conversation of somebody else.

        Args:
            user: Whose conversation it is.
            exchanges: The conversation.
        """
        if not user or not exchanges:
            return
        self._expire_by_and_by()
        first, now = exchanges[0], _now()
        rows = [_row(exchange, first.id, position, now) for position, exchange in enumerate(exchanges)]
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO conversation VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET changed = excluded.changed WHERE conversation.user = excluded.user",
                (first.id, user, first.question, now),
            )
            if not self._owns(user, first.id):
                return
            connection.executemany(f"{_INSERT} NOTHING", rows[:-1])
            connection.execute(f"{_INSERT} UPDATE SET phase = excluded.phase, answer = excluded.answer", rows[-1])

    def entries(self, user: str) -> list[Entry]:
        """A user's conversations, the latest first."""
        self._expire_by_and_by()
        rows = self._rows(
            "SELECT conversation.id, title, changed, count(*) FROM conversation JOIN exchange "
            "ON exchange.conversation = conversation.id WHERE user = ? GROUP BY conversation.id "
            "ORDER BY changed DESC, conversation.rowid DESC LIMIT ?",
            (user, _LISTED),
        )
        return [Entry(str(row[0]), str(row[1]), str(row[2]), int(str(row[3]))) for row in rows]

    def conversation(self, user: str, conversation: str) -> tuple[Exchange, ...]:
        """A user's conversation; empty where there is none. What has no whole answer counts as stopped."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM exchange JOIN conversation ON conversation.id = exchange.conversation "
            "WHERE user = ? AND conversation.id = ? ORDER BY position",
            (user, conversation),
        )
        return tuple(map(_exchange, rows))

    def answer(self, user: str, exchange: str) -> Exchange | None:
        """An answer of the user's own, or one to which somebody has made a link."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM exchange JOIN conversation ON conversation.id = exchange.conversation "
            "WHERE exchange.id = ? AND (linked OR user = ?)",
            (exchange, user),
        )
        return _exchange(rows[0]) if rows else None

    def link(self, user: str, exchange: str) -> bool:
        """Let everybody who can open the chat open this answer; False where it is not the user's."""
        return self._mark("linked = 1", user, exchange)

    def judge(self, user: str, exchange: str, verdict: str) -> bool:
        """Keep what the user thinks of an answer of theirs; False where it is not."""
        return self._mark("verdict = ?", user, exchange, verdict)

    def delete(self, user: str, conversation: str | None = None) -> int:
        """Delete a user's conversation, or all of them; how many were."""
        with self._writing() as connection:
            return connection.execute(
                "DELETE FROM conversation WHERE user = ? AND (? IS NULL OR id = ?)", (user, conversation, conversation)
            ).rowcount

    def expire(self) -> int:
        """Delete what has not been gone on with for longer than it is kept; how many answers were."""
        self._expired = time.monotonic()
        before = (datetime.now(UTC) - timedelta(days=max(self._days, 1))).isoformat(timespec="seconds")
        with self._writing() as connection:
            count = connection.execute(
                "DELETE FROM exchange WHERE NOT linked AND conversation IN "
                "(SELECT id FROM conversation WHERE changed < ?)",
                (before,),
            ).rowcount
            connection.execute("DELETE FROM conversation WHERE id NOT IN (SELECT conversation FROM exchange)")
        return count

    def _expire_by_and_by(self) -> None:
        if time.monotonic() - self._expired > _EXPIRE_EVERY:
            self.expire()

    def _mark(self, change: str, user: str, exchange: str, *values: str) -> bool:
        with self._writing() as connection:
            changed = connection.execute(
                f"UPDATE exchange SET {change} WHERE id = ? AND conversation IN "
                "(SELECT id FROM conversation WHERE user = ?)",
                (*values, exchange, user),
            )
            return changed.rowcount > 0

    def _owns(self, user: str, conversation: str) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM conversation WHERE id = ? AND user = ?", (conversation, user)
        ).fetchone()
        return found is not None

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        with self._guarded() as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._guarded() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise ArchiveError(f"Conversations in {self._where} cannot be read or written: {error}.") from error


_INSERT = (
    "INSERT INTO exchange (id, conversation, position, question, phase, answer, asked, verdict) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO"
)
_COLUMNS = "exchange.id, question, phase, answer, verdict, asked"


def _row(exchange: Exchange, conversation: str, position: int, now: str) -> tuple[object, ...]:
    answer = json.dumps(exchange.answer.as_json(), ensure_ascii=False) if exchange.answer else None
    phase, asked = exchange.phase.value, exchange.asked or now
    return exchange.id, conversation, position, exchange.question, phase, answer, asked, exchange.verdict


def _exchange(row: Sequence[object]) -> Exchange:
    identifier, question, phase, answer, verdict, asked = map(str, (cell or "" for cell in row))
    kept = Exchange(
        question,
        Phase(phase),
        Answer.from_json(json.loads(answer)) if answer else None,
        id=identifier,
        verdict=verdict,
        asked=asked,
    )
    return kept if kept.phase == Phase.COMPLETE else replace(kept, phase=Phase.STOPPED)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
