"""Count what language models are asked and how many tokens that takes, whichever of LangChain's models it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tracers.context import register_configure_hook


@dataclass(slots=True)
class ModelUse:
    """What was asked of language models.

    Attributes:
        calls: How many times one was asked.
        input_tokens: As the models' servers count them; 0 where they tell nothing.
        output_tokens: Likewise.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class _Counter(BaseCallbackHandler):
    def __init__(self) -> None:
        self.use = ModelUse()

    def on_chat_model_start(self, *_: object, **__: object) -> None:
        self.use.calls += 1

    def on_llm_end(self, response: LLMResult, **_: object) -> None:
        for generation in (one for several in response.generations for one in several):
            message = generation.message if isinstance(generation, ChatGeneration) else None
            if isinstance(message, AIMessage) and message.usage_metadata:
                self.use.input_tokens += message.usage_metadata["input_tokens"]
                self.use.output_tokens += message.usage_metadata["output_tokens"]


_COUNTER: ContextVar[Any] = ContextVar("model_use", default=None)


@contextmanager
def counted_model_use() -> Iterator[ModelUse]:
    """Count the use of every chat model that is asked within the block."""
    _register()
    counter = _Counter()
    token = _COUNTER.set(counter)
    try:
        yield counter.use
    finally:
        _COUNTER.reset(token)


@cache
def _register() -> None:
    """Let LangChain look for a counter at each call; once in a process."""
    register_configure_hook(_COUNTER, inheritable=True)
