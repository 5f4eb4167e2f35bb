"""Which languages the chat speaks."""

from assistant.ui_text import Texts
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH

LANGUAGES = ("sv", "en")


def texts_in(language: str) -> Texts:
    """The strings in `sv` or `en`; any other language gives Swedish."""
    return ENGLISH if language == "en" else SWEDISH
