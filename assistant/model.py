"""Language models: the one module that knows LangChain's chat models."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError
from prompts import render_prompt

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_PACKAGES = {
    "openai": "openai",
    "azure_openai": "openai",
    "ollama": "ollama",
    "mistralai": "mistralai",
    "anthropic": "anthropic",
}
_ABSTAINS = re.compile(r"[\s*\"'“”«»(]*(?:INGET SVAR|NO ANSWER)\b(?=[\s*\"'“”«».!)\[]|$)", re.IGNORECASE)
"""What the prompt asks a model to write when the evidence holds no answer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A numbered piece of evidence, as the prompt shows it.

    Attributes:
        number: From 1.
        title: Title of its document.
        period: Years that the document covers, where known.
        text: Its text.
    """

    number: int
    title: str
    period: str | None
    text: str


def open_model(name: str, *, base_url: str | None, timeout: float) -> "BaseChatModel":
    """Set up a chat model.

    Args:
        name: `provider:model`, as LangChain's `init_chat_model` takes it.
        base_url: Address of a compatible server; None for the provider's own.
        timeout: Seconds for one answer.

    Raises:
        ModelError: The provider is unknown, its package is not installed, or it lacks a key.
    """
    from langchain.chat_models import init_chat_model

    provider, _, model = name.partition(":")
    if provider not in _PACKAGES or not model:
        raise ModelError(
            f"The model {name!r} is not known. Write `extractive`, or a provider and a model such as `ollama:gemma3`; "
            f"providers: {', '.join(sorted(_PACKAGES))}."
        )
    options: dict[str, Any] = {"temperature": 0, "timeout": timeout, "max_retries": 2}
    if provider == "ollama":
        options = {"temperature": 0, "client_kwargs": {"timeout": timeout}}
    if base_url:
        options["base_url"] = base_url
        if provider == "openai":
            options.setdefault("api_key", "unused")
    try:
        chat_model: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    except ImportError as error:
        extra = _PACKAGES[provider]
        raise ModelError(f"The model {name} needs a package: `pip install 'utblick[{extra}]'`.") from error
    except Exception as error:  # each provider raises its own type for a missing key or a bad address
        raise ModelError(f"The model {name} cannot be set up: {error}") from error
    return chat_model


def abstains(draft: str) -> bool:
    """Whether a model wrote that the evidence holds no answer, or nothing at all."""
    return not draft.strip() or bool(_ABSTAINS.match(draft))


def write_draft(model: "BaseChatModel", question: str, evidence: Sequence[Evidence], language: str) -> Iterator[str]:
    """What the model writes, piece by piece.

    Evidence is passed as delimited data; angle brackets in it are replaced, so that it cannot close its delimiter.

    Args:
        model: The chat model.
        question: The standalone question.
        evidence: Numbered pieces.
        language: `sv` or `en`.

    Raises:
        ModelError: The model failed or did not answer in time.
    """
    pieces = [Evidence(piece.number, _defused(piece.title), piece.period, _defused(piece.text)) for piece in evidence]
    prompt = render_prompt("answer", language, evidence=pieces, question=_defused(question))
    try:
        for chunk in model.stream(prompt):
            if chunk.text:
                yield str(chunk.text)
    except Exception as error:  # each provider raises its own types
        raise ModelError(f"The language model failed: {error}") from error


def _defused(text: str) -> str:
    return text.replace("<", "‹").replace(">", "›").replace('"', "”")
