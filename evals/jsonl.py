"""Read JSON lines strictly: every fault with its line, its field and what to do about it."""

import codecs
import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)

_MOST_FAULTS = 20
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_REMEDIES: Mapping[str, str] = {
    "missing": "is missing: add it",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "tuple_type": "must be a list in [ ]",
    "model_type": "must be an object in { }",
    "model_attributes_type": "must be an object in { }",
    "string_too_short": "is empty: write something in it or leave the field out",
    "string_pattern_mismatch": "is blank or has white space in it: write something else",
    "too_short": "is an empty list: write something in it or leave it out",
}


class _DuplicateFieldError(ValueError):
    pass


def read_text(path: Path, error: type[Exception]) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises:
        error: The file is absent, cannot be read, or is in another encoding.
    """
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror}); check the path") from problem
    if data.startswith(_WIDE_MARKS) or b"\x00" in data[:200]:
        raise error(f"{path}: is in UTF-16 or UTF-32, or no text at all; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error(f"{path}, line {line}: is not UTF-8 (byte {problem.start}); save the file as UTF-8") from problem


def read_models(path: Path, model: type[Model], key: Callable[[Model], str], error: type[Exception]) -> list[Model]:
    """The objects of a JSON-lines file; blank lines do not count.

    Args:
        path: The file.
        model: What each line must be.
        key: Identifier of an object; no two may share one.
        error: Raised with all faults of the file (the first 20 are spelt out).
    """
    # Not splitlines(): JSON may hold U+2028 and its like inside a string.
    lines = enumerate(read_text(path, error).split("\n"), start=1)
    parsed = ((number, _parse_line(line, model)) for number, line in lines if line.strip())
    return _collect(path, parsed, key, error, "write one JSON object a line")


def check_models(
    path: Path,
    objects: Iterable[tuple[int, Mapping[str, object]]],
    model: type[Model],
    key: Callable[[Model], str],
    error: type[Exception],
) -> list[Model]:
    """The same for objects that were read in another way, each with the number of its line."""
    parsed = ((number, _validate(json.dumps(plain, default=str), model)) for number, plain in objects)
    return _collect(path, parsed, key, error, "write one row for each question")


def _collect(
    path: Path,
    parsed: Iterable[tuple[int, Model | list[str]]],
    key: Callable[[Model], str],
    error: type[Exception],
    remedy: str,
) -> list[Model]:
    """The objects, if no line has a fault and no two share their identifier."""
    objects: list[Model] = []
    first_seen: dict[str, int] = {}
    faults: list[str] = []
    for number, found in parsed:
        if isinstance(found, list):
            faults += [f"line {number}, {fault}" for fault in found]
            continue
        earlier = first_seen.setdefault(key(found), number)
        if earlier != number:
            faults.append(f"line {number}, id {key(found)!r}: is on line {earlier} too; give each line its own")
        objects.append(found)
    if faults:
        raise error(_message(path, faults))
    if not objects:
        raise error(f"{path}: is empty; {remedy}")
    return objects


def _parse_line(line: str, model: type[Model]) -> Model | list[str]:
    """The object, or the faults of the line."""
    try:
        plain = json.loads(line, object_pairs_hook=_unique_fields)
    except json.JSONDecodeError as problem:
        return [f"column {problem.colno}: is not JSON ({problem.msg}); write one complete object on the line"]
    except _DuplicateFieldError as problem:
        return [f"field {str(problem)!r}: is there twice; keep one"]
    except RecursionError:
        return ["the object is nested too deeply; write it as the question file's format says"]
    if not isinstance(plain, dict):
        return [f"must be one object in {{ }}, is {_shorten(plain)}"]
    return _validate(line, model)


def _validate(line: str, model: type[Model]) -> Model | list[str]:
    try:
        return model.model_validate_json(line, strict=True)
    except ValidationError as problem:
        return [_describe(fault, model) for fault in problem.errors(include_url=False)]


def _unique_fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateFieldError(next(name for name in names if names.count(name) > 1))
    return fields


def _describe(fault: ErrorDetails, model: type[BaseModel]) -> str:
    """One fault as `field 'facts[0]': must be ...`."""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    kind, value = fault["type"], fault["input"]
    if not place:
        return f"the object: {fault['msg']}"
    if kind == "extra_forbidden":
        near = (
            difflib.get_close_matches(str(fault["loc"][-1]), model.model_fields, n=1) if len(fault["loc"]) == 1 else []
        )
        hint = f"did you mean {near[0]!r}?" if near else "correct the name or take it away"
        return f"field {place!r}: is not known; {hint}"
    remedy = _REMEDIES.get(kind, fault["msg"])
    return f"field {place!r}: {remedy}" + ("" if kind == "missing" else f" (it is {_shorten(value)})")


def _shorten(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"


def _message(path: Path, faults: list[str]) -> str:
    if len(faults) == 1:
        return f"{path}, {faults[0]}"
    more = [f"and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
    return "\n  ".join([f"{path}: {len(faults)} faults", *faults[:_MOST_FAULTS], *more])
