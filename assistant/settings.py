"""Settings, in one place: flag > environment `UTBLICK_*` > `utblick.toml` > default."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from assistant.errors import SettingsError

_PREFIX = "UTBLICK_"
_FILE = "utblick.toml"
_OTHERS = {"UTBLICK_SCREENSHOTS"}
"""Variables that steer something else than the program."""


class Settings(BaseSettings):
    """Everything that can be set. Unknown names are an error, not ignored."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, toml_file=_FILE, extra="forbid", frozen=True, validate_default=True
    )

    data: Path = Field(
        default_factory=lambda: user_data_path("utblick", appauthor=False),
        description="Folder of the store: catalog, vector index and answers.",
    )
    cache: Path = Field(
        default_factory=lambda: user_cache_path("utblick", appauthor=False),
        description="Folder for the unpacked embedding model; shared by all stores of the machine.",
    )
    embedding_model: str = Field(
        default="bundled",
        min_length=1,
        description="`bundled` (multilingual-e5-small, ships with the installation), a folder, or a name on the "
        "Hugging Face hub, which is then downloaded.",
    )
    reranker: str = Field(
        default="",
        description="A cross-encoder of sentence-transformers that ranks the passages found anew: a folder, or a name "
        "on the Hugging Face hub, which is then downloaded. Empty for none.",
    )
    model: str = Field(
        default="extractive",
        min_length=1,
        description="What writes answers: `extractive` (the documents' own sentences, no language model), "
        "`llamacpp:FILE.gguf` (a model file that runs in this process), or a language model as `provider:name` for "
        "LangChain, such as `ollama:gemma3` or `openai:gpt-4o-mini`.",
    )
    model_base_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="Address of the server that runs the model, such as an OpenAI-compatible one for `openai:` models.",
    )
    model_timeout: float = Field(
        default=60.0, gt=0, le=600, description="Seconds that a language model may take for one answer."
    )
    model_retries: int = Field(
        default=2,
        ge=0,
        le=10,
        description="How often a language model that is busy or unreachable is asked again, within `model_timeout`.",
    )
    model_prompt: Literal["auto", "chat", "completion"] = Field(
        default="auto",
        description="`chat` for models that follow instructions, `completion` for base models, which go on from "
        "examples; `auto` is `completion` where a model file has no chat template, else `chat`.",
    )
    model_context: int = Field(
        default=8192,
        ge=2048,
        le=131_072,
        description="Tokens of prompt and answer that a `llamacpp:` model has memory for.",
    )
    top_k: int = Field(default=8, ge=1, le=50, description="How many passages an answer is composed from.")
    max_question_characters: int = Field(
        default=1000, ge=50, le=10_000, description="A longer question is refused with a message."
    )
    max_file_megabytes: int = Field(default=200, ge=1, le=10_000, description="A larger file is not read.")
    max_pages: int = Field(default=3000, ge=1, le=100_000, description="A PDF with more pages is not read.")
    max_seconds: float = Field(default=180.0, gt=0, le=3600, description="Seconds that reading one file may take.")
    max_memory_megabytes: int = Field(
        default=2048,
        ge=256,
        le=65_536,
        description="Memory that reading one file may take, the program's own included.",
    )
    max_decompressed_megabytes: int = Field(
        default=1024, ge=1, le=65_536, description="What is packed in an office document may unpack to this much."
    )
    allow_private_addresses: bool = Field(
        default=False, description="Whether web pages are also fetched from private network addresses (an intranet)."
    )
    host: str = Field(default="127.0.0.1", description="Address that the chat listens on.")
    port: int = Field(default=7860, ge=1, le=65535, description="Port that the chat listens on.")
    language: str = Field(default="sv", pattern="^(sv|en)$", description="Language in which the chat opens.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**flags: object) -> Settings:
    """Read the settings; flags that are None were not given.

    Raises:
        SettingsError: A value is out of bounds, or a name is unknown; the message lists each.
    """
    _check_environment()
    try:
        given = {name: value for name, value in flags.items() if value is not None}
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        problems = "; ".join(
            _problem(".".join(map(str, item["loc"])), item["type"], item["msg"]) for item in error.errors()
        )
        raise SettingsError(
            f"The settings cannot be used: {problems}. Correct the flag, the {_PREFIX}* variable or "
            f"{Path(_FILE).absolute()}."
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{Path(_FILE).absolute()} cannot be read: {error}. Correct it or move it away.") from error


def _problem(name: str, kind: str, words: str) -> str:
    return (
        f"there is no setting {_suggest(name, Settings.model_fields)}"
        if kind == "extra_forbidden"
        else f"{name}: {words}"
    )


def _suggest(name: str, known: Iterable[str]) -> str:
    """The name, with the nearest known one beside it."""
    known = sorted(known)
    close = get_close_matches(name, known, n=1, cutoff=0.75)
    return f"{name} (did you mean {close[0]}?)" if close else f"{name} (known: {', '.join(known)})"


def _check_environment() -> None:
    """A misspelt variable would otherwise be ignored without a word."""
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(
        name for name in os.environ if name.upper().startswith(_PREFIX) and name.upper() not in known | _OTHERS
    )
    if unknown:
        named = "; ".join(_suggest(name, known) for name in unknown)
        raise SettingsError(f"Unknown environment variable {named}. Correct or unset it.")
