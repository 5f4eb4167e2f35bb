"""Tell one set of weights from another by content, without reading a large file at every start."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_REMEMBERED_FROM = 1_000_000
_MEMORY = "digests.json"


def digest_files(files: Iterable[Path], root: Path, cache_dir: Path) -> str:
    """Short digest of files: their names below `root` and their content.

    The SHA-256 of each file of a megabyte or more is remembered in `cache_dir`, and used again while the file keeps
    its size and its time of modification. A cache folder that cannot be written costs time only.

    Args:
        files: Which files; their order does not matter.
        root: Folder that the names are relative to, so that a moved folder keeps its digest.
        cache_dir: Where digests are remembered.

    Returns:
        Sixteen hexadecimal digits.

    Raises:
        OSError: A file cannot be read.
    """
    remembered = _read_memory(cache_dir)
    known = len(remembered)
    total = hashlib.sha256()
    for name, file in sorted((file.relative_to(root).as_posix(), file) for file in files):
        total.update(f"{name}\0{_digest_file(file, remembered)}\n".encode())
    if len(remembered) > known:
        _write_memory(cache_dir, remembered)
    return total.hexdigest()[:16]


def _digest_file(file: Path, remembered: dict[str, str]) -> str:
    status = file.stat()
    key = f"{file.resolve()}:{status.st_size}:{status.st_mtime_ns}"
    if key in remembered:
        return remembered[key]
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if status.st_size >= _REMEMBERED_FROM:
        remembered[key] = digest
    return digest


def _read_memory(cache_dir: Path) -> dict[str, str]:
    try:
        remembered = json.loads((cache_dir / _MEMORY).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return remembered if isinstance(remembered, dict) else {}


def _write_memory(cache_dir: Path, remembered: dict[str, str]) -> None:
    """Written aside and renamed: a process that reads meanwhile sees the old file or the new one."""
    beside = cache_dir / f".{_MEMORY}.{uuid.uuid4().hex}"
    with suppress(OSError):
        cache_dir.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(remembered, indent=0), "utf-8")
        beside.replace(cache_dir / _MEMORY)
