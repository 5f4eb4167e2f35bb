"""Prompts as versioned data: templates in Swedish and English, filled in with strict variables."""

import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

__all__ = ["prompt_digest", "render_prompt"]


def render_prompt(name: str, language: str, **variables: object) -> str:
    """Fill in a prompt.

    Args:
        name: Such as `answer`.
        language: `sv` or `en`.
        **variables: All that the template names; a missing one is an error.

    Raises:
        FileNotFoundError: There is no such prompt.
        jinja2.UndefinedError: A variable is missing.
    """
    return _template(name, language).render(**variables)


def prompt_digest(name: str, language: str) -> str:
    """The first twelve hexadecimal digits of the template's SHA-256, to tell which wording made an answer."""
    return hashlib.sha256(_text(name, language).encode()).hexdigest()[:12]


@cache
def _template(name: str, language: str) -> Template:
    # Plain text for a model, not HTML: escaping would change what it reads.
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)  # noqa: S701
    return environment.from_string(_text(name, language))


@cache
def _text(name: str, language: str) -> str:
    return files("prompts").joinpath(f"{name}.{language}.jinja").read_text("utf-8")
