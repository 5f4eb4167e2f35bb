"""Who may do what in the chat."""

from dataclasses import dataclass

from assistant.settings import Settings
from assistant.users import normal_name

SIGNED_IN = "name:"
"""What stands before a user's name where someone signed in; a browser that nobody signed in from has another word."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what.

    Attributes:
        editors: The setting `library_editors`.
        local: Whether only this machine reaches the chat, so that whoever does may be trusted.
    """

    editors: str = "everyone"
    local: bool = True

    @classmethod
    def by(cls, settings: Settings, *, local: bool) -> "Access":
        """As the settings say."""
        return cls(settings.library_editors, local)

    def may_change_library(self, user: str) -> bool:
        """Whether a user may add documents and remove them.

        Args:
            user: As `Visitor.user`: `name:` and a name, where someone signed in.
        """
        signed_in = user.startswith(SIGNED_IN)
        if self.editors.strip() == "nobody":
            return False
        if self.editors.strip() == "everyone":
            return signed_in or self.local
        named = {normal_name(name) for name in self.editors.split(",")}
        return signed_in and normal_name(user.removeprefix(SIGNED_IN)) in named


def name_of(user: str) -> str:
    """The name of a signed-in user; empty for a browser."""
    return user.removeprefix(SIGNED_IN) if user.startswith(SIGNED_IN) else ""
