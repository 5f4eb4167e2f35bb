"""Ask questions of a store of documents and get answers whose every sentence is cited."""

from typing import TYPE_CHECKING

from assistant.answers import Answer, AnswerStatus, Citation, Retrieved, Scope, Turn, Writing
from assistant.errors import AssistantError, ModelError, SettingsError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.settings import Settings

__all__ = [
    "Answer",
    "AnswerStatus",
    "Assistant",
    "AssistantError",
    "Citation",
    "ModelError",
    "Retrieved",
    "Scope",
    "Settings",
    "SettingsError",
    "Turn",
    "Writing",
]


def __getattr__(name: str) -> object:
    """Import what is heavy when it is first asked for, so that `utblick --help` does not pay for it."""
    if name == "Assistant":
        from assistant.assistant import Assistant

        return Assistant
    if name == "Settings":
        from assistant.settings import Settings

        return Settings
    raise AttributeError(f"module 'assistant' has no attribute {name!r}")
