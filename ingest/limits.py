"""What reading one file may cost."""

from dataclasses import dataclass

_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits to one file; what exceeds them is reported and the next file is read.

    Attributes:
        max_bytes: Size of the file.
        max_pages: Pages of a PDF.
        max_seconds: Time that reading it may take, on the clock.
        max_memory: Bytes of address space that reading it may take, the program's own among them.
        max_decompressed: Size of what is packed in an office document.
    """

    max_bytes: int = 200 * _MEGABYTE
    max_pages: int = 3000
    max_seconds: float = 180.0
    max_memory: int = 2048 * _MEGABYTE
    max_decompressed: int = 1024 * _MEGABYTE
