"""Model files in this process: the one module that knows xllamacpp, which holds llama.cpp."""

import os
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from assistant.errors import ModelError
from assistant.gguf import read_head

if TYPE_CHECKING:
    import xllamacpp

MOST_TOKENS = {"chat": 800, "completion": 300}
"""How many tokens one answer may have, by form of the prompt; a base model seldom ends by itself."""


class LlamaChat(BaseChatModel):
    """A model file as a chat model of LangChain.

    Attributes:
        path: The GGUF file.
        completion: Whether it goes on with the text of the last message, instead of answering a conversation.
        context: Tokens of prompt and answer that it has memory for.
        timeout: Seconds that it may take for the next piece of text.
    """

    path: Path
    completion: bool = False
    context: int = 8192
    timeout: float = 60.0

    _server: Any = None

    def model_post_init(self, context: object) -> None:
        """Load the file.

        Raises:
            ModelError: It cannot be loaded.
        """
        super().model_post_init(context)
        self._server = _load(self.path, self.context)

    @property
    def _llm_type(self) -> str:
        return "llamacpp"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> Iterator[ChatGenerationChunk]:
        body: dict[str, Any] = {
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0,
            "max_tokens": MOST_TOKENS["completion" if self.completion else "chat"],
            "stop": stop or [],
            **kwargs,
        }
        if self.completion:
            body["prompt"] = str(messages[-1].content)
            call = self._server.handle_completions
        else:
            body["messages"] = convert_to_openai_messages(messages)
            call = self._server.handle_chat_completions
        for piece in self._pieces(partial(call, body)):
            chunk = _chunk(piece)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _pieces(self, call: Callable[[Callable[[Any], bool]], object]) -> Iterator[dict[str, Any]]:
        """What the server hands to a callback, as it comes; it stops where nobody asks for more."""
        pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
        abandoned = threading.Event()

        def take(piece: object) -> bool:
            pieces.put(piece)
            return abandoned.is_set()

        def run() -> None:
            try:
                call(take)
                pieces.put(None)
            except Exception as error:  # handed to the thread that waits
                pieces.put(error)

        # No daemon: a thread that dies inside llama.cpp when the interpreter ends would take the process down.
        threading.Thread(target=run, name="llamacpp").start()
        try:
            while True:
                try:
                    piece = pieces.get(timeout=self.timeout)
                except queue.Empty:
                    raise TimeoutError(f"no text within {self.timeout:g} seconds") from None
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                if "error" in piece:
                    raise RuntimeError(str(piece["error"].get("message", piece["error"])))
                yield piece
        finally:
            abandoned.set()


def open_llama(path: Path, *, form: str, context: int, timeout: float) -> LlamaChat:
    """Load a model file.

    Args:
        path: The GGUF file.
        form: `chat`, `completion`, or `auto` for what the file says.
        context: Tokens of prompt and answer; no more than the model was trained with are used.
        timeout: Seconds that it may take for the next piece of text.

    Raises:
        ModelError: The file cannot be loaded.
        ImportError: xllamacpp is not installed.
    """
    head = read_head(path)
    return LlamaChat(
        path=path,
        completion=form == "completion" or (form == "auto" and not head.has_chat_template),
        context=min(context, head.context or context),
        timeout=timeout,
    )


def _load(path: Path, context: int) -> "xllamacpp.Server":
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.verbosity = 0
    # Threads wait for each other by spinning: with one for each core, another busy process slows all of them down.
    threads = max(1, (os.cpu_count() or 2) // 2)
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.warmup = False
    # The library listens on a loopback port of its own, which is not used here. It is closed to everybody else on
    # the machine: a random key, and nothing that shows prompts.
    parameters.api_keys = [secrets.token_urlsafe(32)]
    parameters.ui = parameters.endpoint_slots = parameters.endpoint_props = False
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise ModelError(
            f"llama.cpp cannot load the model file {path}: it is cut off, of a kind that this version does not "
            "know, or too large for the memory. Try a smaller model, or a lower `model_context`."
        ) from error


def _chunk(piece: dict[str, Any]) -> ChatGenerationChunk:
    """A piece of a completion, or of a chat completion, as LangChain's."""
    choice: dict[str, Any] = next(iter(piece.get("choices") or ()), {})
    text = choice.get("text") or (choice.get("delta") or {}).get("content") or ""
    usage = piece.get("usage")
    message = AIMessageChunk(content=text)
    if usage:
        read, wrote = int(usage["prompt_tokens"]), int(usage["completion_tokens"])
        message.usage_metadata = UsageMetadata(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
    return ChatGenerationChunk(message=message)
