"""Read the head of a GGUF model file: what the model is, and whether it was made to hold a conversation.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEMPLATE = "tokenizer.chat_template"


@dataclass(frozen=True, slots=True)
class ModelHead:
    """What a model file says of itself.

    Attributes:
        architecture: Such as `gemma3`.
        context: Tokens that it was trained to read; None where it does not say.
        has_chat_template: Whether it says how a conversation is put to it. A base model does not.
    """

    architecture: str
    context: int | None
    has_chat_template: bool


def read_head(path: Path) -> ModelHead:
    """Read the head of a model file.

    Args:
        path: The file.

    Raises:
        ModelError: There is no such file, or it is no GGUF file, or it is cut off.
    """
    if not path.is_file():
        raise ModelError(f"There is no model file {path}. Write `llamacpp:` and the path of a GGUF file.")
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ModelError(f"{path} is no GGUF model file. Download or convert the model in that format.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _read(content, path)
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read: {error.strerror or error}.") from error
    except (struct.error, UnicodeDecodeError, KeyError, OverflowError) as error:
        raise ModelError(f"The model file {path} is damaged or cut off. Download it anew.") from error


def _read(content: mmap.mmap, path: Path) -> ModelHead:
    (version,) = struct.unpack_from("<I", content, 4)
    if version not in _VERSIONS:
        raise ModelError(
            f"The model file {path} has version {version} of the GGUF format, which is not read; convert it anew."
        )
    _tensors, count = struct.unpack_from("<QQ", content, 8)
    values: dict[str, object] = {}
    offset = 24
    for _ in range(count):
        name, offset = _string(content, offset)
        (kind,) = struct.unpack_from("<I", content, offset)
        value, offset = _value(content, offset + 4, kind)
        values[name] = value
    architecture = str(values.get("general.architecture", ""))
    context = values.get(f"{architecture}.context_length")
    return ModelHead(architecture, context if isinstance(context, int) else None, bool(values.get(_TEMPLATE)))


def _string(content: mmap.mmap, offset: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", content, offset)
    (raw,) = struct.unpack_from(f"<{length}s", content, offset + 8)
    return raw.decode("utf-8"), offset + 8 + length


def _value(content: mmap.mmap, offset: int, kind: int) -> tuple[object, int]:
    """A value and the offset after it; of an array only the offset, as none is needed."""
    if kind == _STRING:
        return _string(content, offset)
    if kind == _ARRAY:
        return None, _after_array(content, offset)
    form = f"<{_FORMS[kind]}"
    (value,) = struct.unpack_from(form, content, offset)
    return value, offset + struct.calcsize(form)


def _after_array(content: mmap.mmap, offset: int) -> int:
    kind, count = struct.unpack_from("<IQ", content, offset)
    offset += 12
    if kind in _FORMS:
        return offset + int(count) * struct.calcsize(f"<{_FORMS[kind]}")
    for _ in range(count):
        if kind == _STRING:
            (length,) = struct.unpack_from("<Q", content, offset)
            offset += 8 + length
        else:
            offset = _after_array(content, offset)
    return offset
