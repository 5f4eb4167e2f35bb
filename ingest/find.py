"""Find the files of a folder, whatever their names and wherever its links lead."""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ingest.overrides import OVERRIDES_NAME

_ESCAPED = "file-bytes:"


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """What is in a folder.

    Attributes:
        files: In the order of their paths.
        closed: Folders that could not be looked into, with the reason.
    """

    files: tuple[Path, ...]
    closed: tuple[tuple[Path, str], ...] = ()


def find_files(folder: Path) -> FoundFiles:
    """The files below a folder, but for hidden ones, the lock files of word processors and `documents.toml`.

    Links to folders are followed once all else is seen, and none twice, so that a loop ends and a file that can be
    reached directly is found under its own path.

    Args:
        folder: Absolute; one that does not exist holds no files.
    """
    if not folder.exists():
        return FoundFiles(())
    files: list[Path] = []
    closed: list[tuple[Path, str]] = []
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        links: list[Path] = []
        for start in waiting:
            for found in _walk(start, seen, closed):
                (links if found.is_dir() else files).append(found)
        waiting = sorted(links)
    return FoundFiles(tuple(sorted(files)), tuple(closed))


def _walk(start: Path, seen: set[tuple[int, int]], closed: list[tuple[Path, str]]) -> Iterator[Path]:
    """The files below a folder, and the links to folders, which are not followed here."""
    stack = [start]
    while stack:
        folder = stack.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith((".", "~$")) or entry.name == OVERRIDES_NAME:
                        continue
                    path = folder / entry.name
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(path)
                    # A link that leads nowhere is a file that cannot be opened; a pipe or socket is none.
                    elif path.is_file() or path.is_dir() or (entry.is_symlink() and not path.exists()):
                        yield path
        except OSError as error:
            closed.append((folder, error.strerror or str(error)))


def location_of(path: Path) -> str:
    """A path as text that can be stored; `path_of` gives it back.

    A name that is not valid UTF-8, such as one unpacked from an old archive, is written in percent signs.
    """
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _ESCAPED + quote_from_bytes(os.fsencode(path))
    return text


def path_of(location: str) -> Path:
    """The path that `location_of` wrote."""
    if location.startswith(_ESCAPED):
        return Path(os.fsdecode(unquote_to_bytes(location.removeprefix(_ESCAPED))))
    return Path(location)


def printable(relative: str) -> str:
    """A relative path as it is shown and cited: composed letters, old encodings decoded, no control characters."""
    try:
        relative.encode()
    except UnicodeEncodeError:
        relative = os.fsencode(relative).decode("cp1252", "replace")
    composed = unicodedata.normalize("NFC", relative)
    return "".join(character if character.isprintable() else "\ufffd" for character in composed)
