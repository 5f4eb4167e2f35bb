"""The users of an installation and their passwords, hashed with Argon2id (RFC 9106)."""

import hashlib
import json
import os
import re
import tempfile
import threading
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from assistant.errors import UsersError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FILE = "users.json"
"""Name of the file of users, in the folder of the store."""

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 1000
"""Bounds of a password; the upper one keeps hashing it from being made costly."""

_NAME = re.compile(r"[\w.@+-]{1,64}")
_AT_ONCE = 2
_LOCK_SECONDS = 10


def normal_name(name: str) -> str:
    """The one spelling of a user's name: composed, in small letters, without blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class Users:
    """Names and hashed passwords in a file that only its owner can read. Safe to use from several threads.

    Args:
        file: Where it is; made when the first user is added.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        # Each verification takes 64 MB and much of a core: a flood of attempts must not take the machine.
        self._verifying = threading.BoundedSemaphore(_AT_ONCE)
        self._read: tuple[tuple[int, int], Mapping[str, str]] | None = None

    def names(self) -> list[str]:
        """All users, by name.

        Raises:
            UsersError: The file cannot be read.
        """
        return sorted(self._hashes())

    def put(self, name: str, password: str) -> bool:
        """Add a user, or give one another password.

        Returns:
            Whether the user is new.

        Raises:
            UsersError: Name or password cannot be used, or the file cannot be written.
        """
        name = normal_name(name)
        if not _NAME.fullmatch(name):
            raise UsersError(
                f"{name!r} cannot be a user's name: use up to 64 letters, digits and . @ + - _, without blanks."
            )
        if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
            raise UsersError(f"A password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters; choose another.")
        hashed = _hasher().hash(unicodedata.normalize("NFC", password))
        with self._changing() as hashes:
            new = name not in hashes
            hashes[name] = hashed
        return new

    def remove(self, name: str) -> None:
        """Remove a user; whoever is signed in under that name no longer is.

        Raises:
            UsersError: There is no such user, or the file cannot be written.
        """
        name = normal_name(name)
        with self._changing() as hashes:
            if name not in hashes:
                known = ", ".join(sorted(hashes)) or "none"
                raise UsersError(f"There is no user {name!r}; there are: {known}.")
            del hashes[name]

    def verify(self, name: str, password: str) -> str | None:
        """The user's stamp where name and password belong together, else None; both take as long.

        Raises:
            UsersError: The file cannot be read.
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        name = normal_name(name)
        known = self._hashes().get(name)
        if len(password) > MOST_CHARACTERS:
            return None
        with self._verifying:
            try:
                _hasher().verify(known or _nobody(), unicodedata.normalize("NFC", password))
            except (VerificationError, InvalidHashError):
                return None
        return _stamp(known) if known else None

    def stamp(self, name: str) -> str | None:
        """What a session of this user must hold: changes with the password; None where there is no such user.

        Raises:
            UsersError: The file cannot be read.
        """
        known = self._hashes().get(name)
        return _stamp(known) if known else None

    def _hashes(self) -> Mapping[str, str]:
        """Hash by name; read again when the file has changed."""
        try:
            status = self._file.stat()
            seen = (status.st_mtime_ns, status.st_ino)
            if self._read is None or self._read[0] != seen:
                users = json.loads(self._file.read_text("utf-8"))["users"]
                self._read = (seen, {str(name): str(hashed) for name, hashed in users.items()})
            return self._read[1]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsersError(
                f"The file of users {self._file} cannot be read: {error}. Restore it, or delete it and add the users "
                "anew with `utblick users add`."
            ) from error

    def _changing(self) -> "_Change":
        return _Change(self._file, dict(self._hashes()))


class _Change:
    """Writes the users back when all went well, in one step, readable by the owner only."""

    def __init__(self, file: Path, hashes: dict[str, str]) -> None:
        self._file = file
        self._hashes = hashes
        self._lock = FileLock(file.with_name(file.name + ".lock"))

    def __enter__(self) -> dict[str, str]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=_LOCK_SECONDS)
            with suppress(FileNotFoundError):
                self._hashes = dict(json.loads(self._file.read_text("utf-8"))["users"])
        except Timeout as error:
            raise UsersError(f"Another process is changing {self._file}; try again.") from error
        except OSError as error:
            raise UsersError(f"{self._file} cannot be written: {error}. Check the folder's permissions.") from error
        return self._hashes

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        try:
            if kind is None:
                write_privately(self._file, json.dumps({"users": self._hashes}, ensure_ascii=False, indent=1))
        except OSError as failure:
            raise UsersError(f"{self._file} cannot be written: {failure}. Check the folder's permissions.") from failure
        finally:
            self._lock.release()


def write_privately(file: Path, text: str) -> None:
    """Write a file in one step that only its owner can read.

    Raises:
        OSError: It cannot be written.
    """
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # made with mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).replace(file)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password has, against which that of an unknown user is verified."""
    return _hasher().hash(os.urandom(16).hex())


def _stamp(hashed: str) -> str:
    return hashlib.sha256(hashed.encode()).hexdigest()[:16]
