"""Decide what a sync has to do, from what is stored and what is there: pure, so that every case can be tested."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from vectorstore.catalog import FileRecord
from vectorstore.change import Alias, Move


@dataclass(frozen=True, slots=True)
class PresentFile:
    """A file, or web page, that is there now.

    Attributes:
        location: Absolute path or address.
        relative: Its path below the ingested folder, as it is shown; the address of a web page.
        root: The ingested folder; empty for a web page.
        content_hash: SHA-256 of its bytes; None where it cannot be opened.
    """

    location: str
    relative: str
    root: str
    content_hash: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Content that is not stored yet.

    Attributes:
        file: Where it is read.
        document: Identifier that the document gets, or has.
        copies: Other files with the same content, each with its identifier.
    """

    file: PresentFile
    document: str
    copies: tuple[tuple[PresentFile, str], ...] = ()

    def copies_as_aliases(self) -> list[Alias]:
        """The copies as they are stored."""
        return [Alias(identifier, file.root, file.location) for file, identifier in self.copies]


@dataclass(slots=True)
class Plan:
    """What a sync has to do.

    Attributes:
        unchanged: Files as they are stored, with the document that holds their content.
        moves: Documents whose file has another name or place now.
        renamed: Files to which a document moved, with its new identifier.
        forgotten: Locations that are copies no longer.
        copies: New copies of stored documents: file, its identifier, identifier of the document.
        deleted: Identifiers of documents whose content is nowhere.
        gone: Records of files that are gone and whose content did not move to a new name.
        readings: What is to be read.
    """

    unchanged: list[tuple[PresentFile, str]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    renamed: list[tuple[PresentFile, str]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    copies: list[tuple[PresentFile, str, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    gone: list[FileRecord] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)


def plan_sync(
    known: Sequence[FileRecord],
    present: Iterable[PresentFile],
    covers: Callable[[str], bool],
    exists: Callable[[str], bool],
) -> Plan:
    """Compare what is stored with what is there.

    Content decides: a document stays with its content. Where its file is gone or holds something else, it moves to a
    copy, else to a new file with the same content; only where there is none is it removed, or replaced once the new
    content of its file has been read.

    Args:
        known: All files of the catalog.
        present: What was found, no location twice.
        covers: Whether a location is within what was looked at; a file there that was not found is gone.
        exists: Whether a location elsewhere is still there.
    """
    return _Planner(known, present, covers, exists).plan()


class _Planner:
    def __init__(
        self,
        known: Sequence[FileRecord],
        present: Iterable[PresentFile],
        covers: Callable[[str], bool],
        exists: Callable[[str], bool],
    ) -> None:
        self._known = {record.location: record for record in known}
        self._present = {file.location: file for file in sorted(present, key=lambda file: file.location)}
        self._covers = covers
        self._exists = exists
        self._plan = Plan()
        self._aliases: dict[str, list[FileRecord]] = {}
        for record in known:
            if record.is_alias:
                self._aliases.setdefault(record.document, []).append(record)
        self._with_content: dict[str, list[PresentFile]] = {}
        for file in self._present.values():
            if file.content_hash is not None:
                self._with_content.setdefault(file.content_hash, []).append(file)
        self._stored = {record.content_hash for record in known}
        # Identifiers of files that are gone are free again, so that a folder that moved keeps its identifiers.
        self._taken = {record.id for record in known if not self._is_gone(record)}

    def plan(self) -> Plan:
        for record in self._known.values():
            if not record.is_alias and self._concerned(record):
                self._place(record, self._aliases.get(record.id, []))
        for content_hash, files in self._with_content.items():
            if content_hash not in self._stored:
                named = [(file, self._identifier(file)) for file in files]
                self._plan.readings.append(Reading(*named[0], tuple(named[1:])))
        return self._plan

    def _concerned(self, document: FileRecord) -> bool:
        """Whether a document, a copy of it, or a new file with its content lies in what was looked at."""
        records = (document, *self._aliases.get(document.id, ()))
        return document.content_hash in self._with_content or any(self._covers(record.location) for record in records)

    def _place(self, document: FileRecord, aliases: Sequence[FileRecord]) -> None:
        """Find out where the content of a document is now."""
        own = [record for record in (document, *aliases) if self._holds(record)]
        lost = [record for record in (document, *aliases) if record not in own]
        places = {document.location, *(alias.location for alias in aliases)}
        new = [file for file in self._with_content.get(document.content_hash, ()) if file.location not in places]
        identifier, followed = document.id, False
        if own:
            identifier = own[0].id
            if own[0] is not document:
                self._plan.moves.append(Move(document.id, identifier, own[0].root, own[0].location))
        elif new:
            file, followed = new.pop(0), True
            identifier = self._identifier(file)
            self._plan.moves.append(Move(document.id, identifier, file.root, file.location))
            self._plan.renamed.append((file, identifier))
        elif self._is_superseded(document):
            self._plan.deleted.append(document.id)
        for record in own:
            if record.location in self._present:
                self._plan.unchanged.append((self._present[record.location], identifier))
        self._plan.copies += [(file, self._identifier(file), identifier) for file in new]
        self._plan.forgotten += [record.location for record in lost if record.is_alias]
        self._plan.gone += [
            record
            for record in lost
            if self._covers(record.location) and self._is_gone(record) and not (followed and record is document)
        ]

    def _is_superseded(self, document: FileRecord) -> bool:
        """Whether a document whose content is nowhere is to be removed now.

        Where its file holds something new, that replaces it once it has been read.
        """
        file = self._present.get(document.location)
        if file is None:
            return self._covers(document.location)
        return file.content_hash in self._stored

    def _holds(self, record: FileRecord) -> bool:
        """Whether a stored file still holds its content; one that cannot be opened now is taken to."""
        if not self._covers(record.location):
            return self._exists(record.location)
        file = self._present.get(record.location)
        return file is not None and file.content_hash in (None, record.content_hash)

    def _is_gone(self, record: FileRecord) -> bool:
        if self._covers(record.location):
            return record.location not in self._present
        return record.content_hash in self._with_content and not self._exists(record.location)

    def _identifier(self, file: PresentFile) -> str:
        """The file's own, else its path below the folder, with names of folders above where that is taken."""
        record = self._known.get(file.location)
        if record is not None:
            return record.id
        candidate = file.relative
        above = [part for part in PurePosixPath(file.root).parts if part != "/"]
        while candidate in self._taken and above:
            candidate = f"{above.pop()}/{candidate}"
        number = 2
        while candidate in self._taken:
            candidate, number = f"{file.relative} ({number})", number + 1
        self._taken.add(candidate)
        return candidate
