"""Language models: which one is meant, how it is asked, and what is done when it fails."""

import logging
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answers import Writing
from assistant.errors import ModelError
from assistant.settings import Settings
from prompts import render_prompt

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

LLAMACPP = "llamacpp"
"""What stands before the path of a model file that runs in this process."""

MOST_CHARACTERS = 8_000
"""How much of what a model writes is read; one that goes on for ever is cut off there."""

_PACKAGES = {
    "openai": "openai",
    "azure_openai": "openai",
    "ollama": "ollama",
    "mistralai": "mistralai",
    "anthropic": "anthropic",
    LLAMACPP: "llamacpp",
}
_STOPS = ["\n"]
"""Where the answer of an example ends; a base model goes on with the next one."""
_PASSING = frozenset({408, 409, 425, 429})
_UNREACHABLE = frozenset({"TransportError", "APIConnectionError", "ConnectionError", "TimeoutError"})
_FIRST_PAUSE = 0.5
_THINKING, _THOUGHT = "<think>", "</think>"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """`Writing` while it is counted; the fields are the same."""

    prompt: str | None = None
    calls: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    dropped_sentences: int = 0
    replaced_sentences: int = 0
    removed_markers: int = 0
    failure: str | None = None

    def add_tokens(self, usage: Mapping[str, int] | None) -> None:
        """Add what a piece of text says of tokens, if it says anything."""
        if usage:
            self.input_tokens = (self.input_tokens or 0) + usage["input_tokens"]
            self.output_tokens = (self.output_tokens or 0) + usage["output_tokens"]

    def writing(self) -> Writing:
        """What was counted so far."""
        return Writing(**asdict(self))


class LanguageModel:
    """A language model with the prompts that suit it and the patience there is with it.

    Args:
        chat: What LangChain talks to: a chat model, or a model that completes text.
        name: As in the settings.
        completion: Whether it goes on from examples, as a base model, instead of following instructions.
        timeout: Seconds for one answer.
        retries: How often it is asked again where it is busy or unreachable.
    """

    def __init__(
        self,
        chat: "Runnable[Any, Any]",
        name: str,
        *,
        completion: bool = False,
        timeout: float = 60.0,
        retries: int = 0,
    ) -> None:
        self.name = name
        self.form = "completion" if completion else "chat"
        self._chat = chat
        self._timeout = timeout
        self._retries = retries

    def prompt(self, name: str) -> str:
        """The name of a prompt in the form that suits the model: `answer`, or `answer-completion`."""
        return name if self.form == "chat" else f"{name}-{self.form}"

    def write(self, prompt: str, language: str, tally: Tally, **variables: object) -> Iterator[str]:
        """What the model writes, piece by piece, without what it thinks aloud.

        A model that is busy or cannot be reached is asked again after a pause that grows, unless it has begun.

        Args:
            prompt: Name of the prompt without its form.
            language: `sv` or `en`.
            tally: Where calls and tokens are counted.
            **variables: What the prompt is filled in with.

        Raises:
            ModelError: The model failed or did not answer in time.
        """
        asked = render_prompt(self.prompt(prompt), language, **variables)
        deadline = time.monotonic() + self._timeout
        for attempt in range(self._retries + 1):
            begun = False
            tally.calls += 1
            try:
                for piece in _without_thinking(self._pieces(asked, tally, deadline)):
                    begun = True
                    yield piece
                return
            except Exception as error:  # each provider raises its own types
                pause = _pause(error, attempt)
                late = pause is None or time.monotonic() + pause >= deadline
                if begun or late or attempt == self._retries:
                    tally.failure = type(error).__name__
                    raise ModelError(
                        f"The language model {self.name} failed: {type(error).__name__}: {error}"
                    ) from error
                _log.info("%s: %s; asked again in %.1f s", self.name, type(error).__name__, pause)
                time.sleep(pause or 0.0)

    def _pieces(self, prompt: str, tally: Tally, deadline: float) -> Iterator[str]:
        length = 0
        options: dict[str, Any] = {"stop": _STOPS} if self.form == "completion" else {}
        for chunk in self._chat.stream(prompt, **options):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no whole answer within {self._timeout:g} seconds")
            text = chunk if isinstance(chunk, str) else str(chunk.text)
            tally.add_tokens(getattr(chunk, "usage_metadata", None))
            if text:
                yield text
            length += len(text)
            if length > MOST_CHARACTERS:
                _log.warning("%s was cut off after %d characters.", self.name, length)
                return


def open_model(settings: Settings) -> LanguageModel:
    """Set up the language model that the settings name.

    Args:
        settings: `model`, and the settings that begin with `model_`.

    Raises:
        ModelError: The provider is unknown, its package is not installed, it lacks a key, or a model file cannot be
            loaded.
    """
    name = settings.model
    provider, _, model = name.partition(":")
    if provider not in _PACKAGES or not model:
        raise ModelError(
            f"The model {name!r} is not known. Write `extractive`, or a provider and a model such as `ollama:gemma3`; "
            f"providers: {', '.join(sorted(_PACKAGES))}."
        )
    completion = settings.model_prompt == "completion"
    try:
        if provider == LLAMACPP:
            from assistant.llamacpp import open_llama

            chat: Runnable[Any, Any] = open_llama(
                Path(model).expanduser(),
                form=settings.model_prompt,
                context=settings.model_context,
                timeout=settings.model_timeout,
            )
            completion = chat.completion  # type: ignore[attr-defined]  # told by the file
        else:
            from assistant.providers import open_provider

            chat = open_provider(provider, model, settings)
    except ModelError:
        raise
    except ImportError as error:
        extra = _PACKAGES[provider]
        raise ModelError(
            f"The model {name} needs a package: `pip install 'utblick[{extra}]'`, or in this project's folder "
            f"`pip install -c constraints.txt '.[{extra}]'`."
        ) from error
    except Exception as error:  # each provider raises its own type for a missing key or a bad address
        raise ModelError(f"The model {name} cannot be set up: {error}") from error
    return LanguageModel(
        chat, name, completion=completion, timeout=settings.model_timeout, retries=settings.model_retries
    )


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before the next try; None where another try would end the same."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    if isinstance(status, int):
        if status not in _PASSING and status < 500:
            return None
    elif not _UNREACHABLE & {kind.__name__ for kind in type(error).__mro__}:
        return None
    asked = str(getattr(response, "headers", {}).get("retry-after", "")) if response is not None else ""
    if asked.isdecimal():
        return float(asked)
    return float(_FIRST_PAUSE * 2**attempt * random.uniform(1, 1.5))  # noqa: S311 - so that many do not come back at once


def _without_thinking(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces without the `<think>` part that some models write before they answer."""
    held: str | None = ""
    for piece in pieces:
        if held is None:
            yield piece
            continue
        held = (held + piece).lstrip()
        if _THINKING.startswith(held[: len(_THINKING)]) and _THOUGHT not in held:
            continue
        yield held.partition(_THOUGHT)[2].lstrip() if held.startswith(_THINKING) else held
        held = None
    if held and not held.startswith(_THINKING):
        yield held
