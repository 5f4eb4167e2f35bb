"""Open the reader that the setting `reranker` names."""

from pathlib import Path

from vectorstore.reader import Reader

BUNDLED = "bundled"
"""The setting for the reader that ships with the project."""


def open_reader(name: str, cache_dir: Path | None = None) -> Reader | None:
    """A reader by its name; none where the name is empty. Weights are read when they are first needed.

    Args:
        name: `bundled`, or a cross-encoder of sentence-transformers: a folder, or a name on the Hugging Face hub.
        cache_dir: Folder for unpacked and remembered things; None for the platform's.

    Raises:
        ReaderError: There is no such model, or it cannot be fetched.
    """
    if not name:
        return None
    if name == BUNDLED:
        from vectorstore.bundled_reader import BundledReader

        return BundledReader.load(cache_dir)
    from vectorstore.cross_encoder import CrossEncoderReader

    return CrossEncoderReader.load(name, cache_dir)
