"""All that the answers of a run depend on, beside the questions."""

from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.assistant import Assistant

ANSWERING = ("assistant", "ingest", "prompts", "vectorstore")


def run_settings(assistant: "Assistant") -> dict[str, str]:
    """What a run depends on: as the assistant describes itself, and the program's code and data.

    The version alone does not tell a working copy from the next, and a run that goes on after a change of the code
    would keep answers that the code of today does not give.
    """
    return assistant.describe() | {"code": digest_code()}


def digest_code(packages: Sequence[str] = ANSWERING) -> str:
    """The first twelve hexadecimal digits of a SHA-256 over the files of packages, by default those that answer."""
    total = sha256()
    for package in packages:
        for name, file in sorted(_files(files(package), package)):
            total.update(f"{name}\0".encode())
            total.update(file.read_bytes())
    return total.hexdigest()[:12]


def _files(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            found += [] if entry.name == "__pycache__" else _files(entry, name)
        elif entry.name.endswith((".py", ".jinja", ".json", ".tsv")):
            found.append((name, entry))
    return found
