"""Language models that run elsewhere: the one module that knows the packages of LangChain's partners."""

import math
import os
from typing import TYPE_CHECKING, Any

from assistant.settings import Settings

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

_CONNECT = 10.0
"""Seconds to reach a server, where the package lets that be set apart from the time for an answer."""


def open_provider(provider: str, model: str, settings: Settings) -> "Runnable[Any, Any]":
    """A chat model of a provider, or with `model_prompt = completion` a model that completes text.

    Retries are ours, the same for all, so that the packages' own are turned off.

    Args:
        provider: As LangChain's `init_chat_model` calls it.
        model: The model's name there.
        settings: Address and time-out.

    Raises:
        ImportError: The partner package is not installed.
        Exception: Whatever it raises for a missing key or a bad address.
    """
    from langchain.chat_models import init_chat_model

    options = _options(provider, settings)
    if settings.model_prompt == "completion" and provider == "openai":
        from langchain_openai import OpenAI

        options.pop("stream_usage")
        return OpenAI(model=model, **options)
    chat: Runnable[Any, Any] = init_chat_model(model, model_provider=provider, **options)
    return chat


def _options(provider: str, settings: Settings) -> dict[str, Any]:
    import httpx

    seconds, address = settings.model_timeout, settings.model_base_url
    patience = httpx.Timeout(seconds, connect=min(seconds, _CONNECT))
    if provider == "ollama":
        return {"temperature": 0, "client_kwargs": {"timeout": patience}} | ({"base_url": address} if address else {})
    options: dict[str, Any] = {"temperature": 0, "max_retries": 0}
    if provider in ("openai", "azure_openai"):
        options |= {"timeout": patience, "stream_usage": True}
    else:
        options["timeout"] = math.ceil(seconds)
    if address:
        options["azure_endpoint" if provider == "azure_openai" else "base_url"] = address
        if provider == "openai" and "OPENAI_API_KEY" not in os.environ:
            options["api_key"] = "unused"  # servers of one's own seldom want one, and the package insists
    return options
