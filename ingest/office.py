"""What the readers of office formats share: packages checked before they are unpacked, names of styles, tables."""

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Sequence

from ingest.assemble import RawBlock
from ingest.characters import clean_line
from ingest.document import BlockKind
from ingest.errors import NeedsPassword, TooLarge, UnreadableFile
from ingest.labels import label_of
from ingest.limits import Limits
from ingest.table_rows import has_header_row, key_values, write_rows

MAX_UNPACKED = Limits().max_decompressed
"""Bytes to which a package may unpack where nothing else is set."""

_PIECE = 1024 * 1024
_XML = (".xml", ".rels")
_ENTITY = re.compile(rb"<!\s*ENTITY")
_HEADING = re.compile(r"(?:heading|rubrik|überschrift|overskrift|otsikko|titre)[\s_]*(\d)", re.IGNORECASE)
_TITLES = {"title", "titel", "rubrik", "dokumentrubrik", "dokumenttitel", "huvudrubrik"}
_LISTED = re.compile(r"(?:list (?:bullet|number|continue)|punktlista|numrerad lista|listpunkt)\s*(\d)?", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|contents|innehåll|innehållsförteckning)\s*\d", re.IGNORECASE)


def read_package(
    content: bytes, described: str, max_unpacked: int = MAX_UNPACKED, wanted: Collection[str] = ()
) -> dict[str, bytes]:
    """Unpack a package piece by piece, and refuse it where it unpacks to too much or is not what it states.

    Args:
        content: The file.
        described: What it is, for messages: *the presentation*.
        max_unpacked: Bytes to which all its parts may unpack, both as stated and in fact: a file within the size limit
            of files can still hold gigabytes.
        wanted: Names of parts to return.

    Returns:
        The wanted parts that it has.

    Raises:
        NeedsPassword: A part is encrypted.
        TooLarge: It unpacks to too much.
        UnreadableFile: It is damaged, or declares XML entities, which office programs do not write and bombs are
            made of.
    """
    parts: dict[str, bytes] = {}
    left = max_unpacked
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(entry.file_size for entry in package.infolist()) > max_unpacked:
                left = -1
            for entry in package.infolist() if left >= 0 else ():
                if entry.flag_bits & 1:
                    raise NeedsPassword(f"{described} has a password; save a copy without one and ingest that")
                data = _unpack(package, entry, left, keep=entry.filename in wanted or entry.filename.endswith(_XML))
                left -= data if isinstance(data, int) else len(data)
                if left < 0:
                    break
                if not isinstance(data, int):
                    if _ENTITY.search(data.replace(b"\0", b"") if b"\0" in data else data):  # UTF-16
                        raise UnreadableFile(f"{described} declares XML entities; save it anew and ingest that file")
                    if entry.filename in wanted:
                        parts[entry.filename] = data
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile(f"{described} is damaged ({error}); save it anew and ingest that file") from error
    if left < 0:
        raise TooLarge(
            f"{described} unpacks to more than {max_unpacked // 2**20} MB; remove pictures and embedded files and save "
            "it anew"
        )
    return parts


def _unpack(package: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, *, keep: bool) -> bytes | int:
    """The content of an entry, or its length; stops soon after `most` bytes."""
    pieces: list[bytes] = []
    length = 0
    with package.open(entry) as part:
        while length <= most and (piece := part.read(_PIECE)):
            length += len(piece)
            if keep:
                pieces.append(piece)
    return b"".join(pieces) if keep else length


def heading_level(style: str) -> int:
    """The level of heading that a style's name tells, in Swedish, English and some other languages; 0 for none."""
    name = clean_line(style).lower()
    found = _HEADING.match(name)
    return max(int(found[1]), 1) if found else int(name in _TITLES)


def list_level(style: str) -> int:
    """The depth in a list that a style's name tells; 0 for none."""
    found = _LISTED.match(clean_line(style))
    return max(int(found[1] or 1), 1) if found else 0


def is_contents(style: str) -> bool:
    """Whether a style's name is that of lines in a table of contents."""
    return _CONTENTS.fullmatch(clean_line(style)) is not None


def table_blocks(rows: Sequence[Sequence[str]], marked: bool, page: int = 1) -> list[RawBlock]:
    """The rows of a table as blocks: with header cells repeated, or as `name: value` where it lists properties.

    Args:
        rows: Cleaned cells, merged ones repeated.
        marked: Whether the first row is marked as a header.
        page: Number of the page on which it stands.
    """
    rows = [row for row in rows if any(row)]
    if not marked and (pairs := key_values(rows)):
        return [RawBlock(BlockKind.PARAGRAPH, ((page, pair),)) for pair in pairs]
    header = rows[0] if rows and (marked or has_header_row(rows)) else None
    lines = write_rows(rows if header is None else rows[1:], header)
    return [RawBlock(BlockKind.ROW, ((page, line),)) for line in lines]


def cell_text(lines: Sequence[str]) -> str:
    """The lines of a cell as one; a known name above its value reads `name: value`."""
    lines = [cleaned for line in lines if (cleaned := clean_line(line))]
    if len(lines) > 1 and label_of(lines[0]) is not None:
        return f"{lines[0].rstrip(':')}: {' '.join(lines[1:])}"
    return " ".join(lines)


def tabs_to_colons(text: str) -> str:
    """A known name set apart from its value by a tab reads `name: value`."""
    lines = []
    for line in text.split("\n"):
        name, tab, value = line.partition("\t")
        lines.append(f"{name.strip().rstrip(':')}: {value}" if tab and label_of(name) is not None else line)
    return "\n".join(lines)
