"""Settings, in one place: flag > environment `UTBLICK_*` > `utblick.toml` > default."""

import ipaddress
import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.errors import SettingsError

if TYPE_CHECKING:
    from ingest.limits import Limits

_PREFIX = "UTBLICK_"
_FILE = "utblick.toml"
_MEGABYTE = 2**20
_OTHERS = {"UTBLICK_SCREENSHOTS"}
"""Variables that steer something else than the program."""


def _divided(value: object) -> object:
    """What a variable of the environment holds as a list, at its commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_divided)]
Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_divided)]


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
        default="bundled",
        description="What reads the passages found and ranks them anew: `bundled` (a small reader that ships with the "
        "installation), or a cross-encoder of sentence-transformers: a folder, or a name on the Hugging Face hub, "
        "which is then downloaded. Empty for none.",
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
    conversation_days: int = Field(
        default=90,
        ge=0,
        le=3650,
        description="For how many days after its last question a conversation of the chat is kept. 0 keeps "
        "conversations in memory only, until the chat is stopped.",
    )
    language: str = Field(default="sv", pattern="^(sv|en)$", description="Language in which the chat opens.")
    hosts: Names = Field(
        default=(),
        description="Names under which browsers reach the chat, such as utblick.example.org, beside this machine's "
        "own; several with commas. Requests that name another host are then refused.",
    )
    sign_in: Literal["none", "users", "proxy"] = Field(
        default="none",
        description="Who may use the chat: `none` (whoever reaches it; this machine only, unless forced), `users` "
        "(names and passwords that `utblick users add` keeps), or `proxy` (an OpenID Connect provider or another "
        "sign-in in a proxy before it, which names the user in a header).",
    )
    proxy_header: str = Field(
        default="X-Forwarded-User",
        pattern=r"^[A-Za-z0-9-]{1,64}$",
        description="The header in which the proxy names the user, for sign_in `proxy`.",
    )
    trusted_proxies: Names = Field(
        default=("127.0.0.1", "::1"),
        description="Network addresses, or ranges such as 10.0.0.0/24, whose word on the user is taken, for sign_in "
        "`proxy`. All others are refused.",
    )
    session_hours: float = Field(
        default=12.0, gt=0, le=720, description="Hours after which a user signs in again, for sign_in `users`."
    )
    https: bool = Field(
        default=False,
        description="Whether browsers reach the chat by https, through a proxy that sees to that. The session's "
        "cookie is then sent by nothing else.",
    )
    library_editors: str = Field(
        default="everyone",
        min_length=1,
        description="Who may add documents to the library and remove them in the chat: `everyone` (who is signed in, "
        "or sits at this machine), `nobody`, or user names, separated by commas.",
    )
    library_folders: Folders = Field(
        default=(),
        description="Folders of the server that may be synced in the chat, beside those that were ingested before.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            ipaddress.ip_network(value, strict=False)
        return values

    @property
    def limits(self) -> "Limits":
        """What reading one file may cost."""
        from ingest.limits import Limits

        return Limits(
            max_bytes=self.max_file_megabytes * _MEGABYTE,
            max_pages=self.max_pages,
            max_seconds=self.max_seconds,
            max_memory=self.max_memory_megabytes * _MEGABYTE,
            max_decompressed=self.max_decompressed_megabytes * _MEGABYTE,
        )

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
