"""Find the folder of the embedding model that a setting names."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectorstore.bundled import ensure_bundled_model
from vectorstore.digest import digest_files
from vectorstore.errors import EmbeddingError, VectorStoreError

_CONTENT = {".json", ".safetensors", ".bin", ".txt", ".model"}
_WEIGHTS = {".safetensors", ".bin"}
_OTHER_RUNTIMES = {"onnx", "openvino"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What sort of model is looked for.

    Attributes:
        what: What it is called.
        owner: Whose it is on the hub where a name does not say.
        example: A name on the hub.
        otherwise: What can be set instead of a name.
        error: Raised where there is none.
    """

    what: str
    owner: str
    example: str
    otherwise: str
    error: type[VectorStoreError]


_EMBEDDING_MODEL = Wanted(
    "embedding model", "sentence-transformers", "intfloat/multilingual-e5-base", "use `bundled`", EmbeddingError
)


@dataclass(frozen=True, slots=True)
class LocatedModel:
    """An embedding model on this machine.

    Attributes:
        name: As the setting has it.
        folder: In the layout of sentence-transformers or transformers.
        bundled: Whether `ensure_bundled_model` wrote it.
        fingerprint: Its name and a digest of weights and configuration.
        query_prompt: Goes before each question.
        passage_prompt: Goes before each passage.
    """

    name: str
    folder: Path
    bundled: bool
    fingerprint: str
    query_prompt: str
    passage_prompt: str

    def setting(self, file: str, name: str) -> Any:  # noqa: ANN401 - JSON
        """One value of one of the model's JSON files; None where file or value is absent."""
        try:
            content = json.loads((self.folder / file).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return content.get(name) if isinstance(content, dict) else None


def locate_model(model: str, cache_dir: Path) -> LocatedModel:
    """Find, unpack or download a model.

    Args:
        model: `bundled`, a folder, or a name on the Hugging Face hub. A model of the hub is downloaded once, to the
            hub's own cache; afterwards nothing is asked of the network.
        cache_dir: Folder for the unpacked model and for remembered digests.

    Raises:
        EmbeddingError: There is no such model, or it cannot be fetched.
    """
    if model == "bundled":
        folder = ensure_bundled_model(cache_dir)
        return LocatedModel(model, folder, True, folder.name, "query: ", "passage: ")
    folder, fingerprint = find_folder(model, cache_dir, _EMBEDDING_MODEL)
    located = LocatedModel(model, folder, False, fingerprint, "", "")
    query, passage = _prompts(located, fingerprint.rpartition("@")[0])
    return LocatedModel(model, folder, False, fingerprint, query, passage)


def find_folder(model: str, cache_dir: Path, wanted: Wanted) -> tuple[Path, str]:
    """Find or download a model of any sort.

    Args:
        model: A folder, or a name on the Hugging Face hub.
        cache_dir: Folder for remembered digests.
        wanted: What is looked for.

    Returns:
        Its folder, and its fingerprint: name, `@`, and a digest of weights and configuration.

    Raises:
        VectorStoreError: Of the sort that `wanted` says: there is no such model, or it cannot be fetched.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not any((folder / name).is_file() for name in ("modules.json", "config.json")):
            raise wanted.error(
                f"The folder {folder} holds no {wanted.what}: neither modules.json nor config.json is in it. "
                "Name the folder that `save_pretrained` of sentence-transformers wrote."
            )
        name = folder.resolve().name
    elif re.fullmatch(r"[\w.-]+(/[\w.-]+)?", model, re.ASCII) and not model.startswith("."):
        name, folder = model, _hub_folder(model, wanted)
    else:
        raise wanted.error(
            f"There is no folder {folder}, and no model on the Hugging Face hub can have that name. Set the "
            f"{wanted.what} to an existing folder or to a name such as `{wanted.example}`, or {wanted.otherwise}."
        )
    try:
        return folder, f"{name}@{digest_files(_content(folder), folder, cache_dir)}"
    except OSError as error:
        raise wanted.error(f"The {wanted.what} in {folder} cannot be read: {error}.") from error


def _content(folder: Path) -> list[Path]:
    """The files that make a model what it is, without those for other runtimes."""
    return [
        path
        for path in folder.rglob("*")
        if path.suffix in _CONTENT
        and path.is_file()
        and not _OTHER_RUNTIMES.intersection(path.relative_to(folder).parts)
    ]


def _prompts(model: LocatedModel, name: str) -> tuple[str, str]:
    """The model's own prompts, else what the E5 family was trained with (Wang et al., 2022), else none."""
    own: dict[str, str] = model.setting("config_sentence_transformers.json", "prompts") or {}
    query = own.get("query") or ""
    passage = own.get("passage") or own.get("document") or own.get("corpus") or ""
    is_e5 = re.search(r"(?<![a-z])e5(?![a-z0-9])", name.lower()) and "instruct" not in name.lower()
    return ("query: ", "passage: ") if is_e5 and not (query or passage) else (query, passage)


def _hub_folder(name: str, wanted: Wanted) -> Path:
    """Folder of a hub model in the hub's cache, downloaded first where it is not there.

    The model's existence is asked for before the download, because the library tries for more than a minute to reach
    a hub that cannot be reached.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    repository = name if "/" in name else f"{wanted.owner}/{name}"
    try:
        folder = Path(snapshot_download(repository, local_files_only=True))
        if any(path.suffix in _WEIGHTS for path in _content(folder)):
            return folder
    except LocalEntryNotFoundError:
        pass
    try:
        files = [sibling.rfilename for sibling in HfApi().model_info(repository, timeout=10).siblings or []]
        heaviest = "*.safetensors" if any(file.endswith(".safetensors") for file in files) else "*.bin"
        patterns = [heaviest, *(f"*{suffix}" for suffix in sorted(_CONTENT - _WEIGHTS))]
        ignored = [f"{runtime}/*" for runtime in sorted(_OTHER_RUNTIMES)]
        return Path(snapshot_download(repository, allow_patterns=patterns, ignore_patterns=ignored))
    except (OSError, ValueError, httpx.HTTPError) as error:
        offline = " HF_HUB_OFFLINE is set." if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0") else ""
        reason = str(error).rstrip(".")
        raise wanted.error(
            f"The {wanted.what} {name} is not on this machine and could not be fetched from the Hugging Face hub: "
            f"{reason}.{offline} Check its name and the network, name a folder that holds a copy, or "
            f"{wanted.otherwise}."
        ) from error
