"""What a site's `robots.txt` lets this program fetch, after RFC 9309."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protego import Protego

PRODUCT_TOKEN = "Utblick"  # noqa: S105 - the name by which rules address this program
MAX_BYTES = 500 * 1024
"""So much of a `robots.txt` is read; RFC 9309, 2.5."""

_RULE = re.compile(r"^(\s*(?:dis)?allow\s*:)\s*([^#]*?)\s*(?:#.*)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one site.

    Attributes:
        text: Its `robots.txt`; empty where it has none, which allows everything.
    """

    text: str = ""

    def forbidding_rule(self, address: str) -> str | None:
        """The rule that forbids an address, such as `Disallow: /internt/`; None where it may be fetched.

        Rules of the group for this program go before those for all; among them the longest that matches decides, and
        *allow* where two are equally long.
        """
        if self._allows(self.text, address):
            return None
        values = {found[2] for line in self.text.splitlines() if (found := _RULE.match(line)) and found[2]}
        for value in sorted(values, key=lambda value: (-len(value), value)):
            # That a rule matches does not tell that its group is about this program; the file without all others does.
            if not self._allows(f"User-agent: *\nDisallow: {value}", address) and not self._allows(
                self._alone(value), address
            ):
                return f"Disallow: {value}"
        return "Disallow"

    def _alone(self, value: str) -> str:
        """The file with every rule emptied but those that disallow one value; groups stay as they are."""
        lines = []
        for line in self.text.splitlines():
            found = _RULE.match(line)
            kept = found is None or (found[2] == value and found[1].strip().lower().startswith("dis"))
            lines.append(line if kept or found is None else found[1])
        return "\n".join(lines)

    @staticmethod
    def _allows(text: str, address: str) -> bool:
        return _parse(text).can_fetch(address, PRODUCT_TOKEN)


def read_robots(content: bytes) -> Robots:
    """The rules in a file as it was received; what lies beyond `MAX_BYTES` is not looked at."""
    return Robots(content[:MAX_BYTES].decode("utf-8-sig", errors="replace"))


@lru_cache(maxsize=16)
def _parse(text: str) -> "Protego":
    from protego import Protego

    return Protego.parse(text)
