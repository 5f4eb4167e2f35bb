"""What a browser sends with an event: anything may be missing, or be something else than it should."""

from collections.abc import Mapping


def text_of(data: Mapping[str, object], name: str, most: int | None = None) -> str:
    """A text, of at most so many characters; empty where the browser sent none."""
    value = data.get(name)
    return value[:most] if isinstance(value, str) else ""


def texts_of(data: Mapping[str, object], name: str) -> list[str]:
    """A list of texts; empty where the browser sent none."""
    values = data.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
