"""Pages per second of our reading of PDFs beside pypdf's `extract_text` alone, in one run.

    python benchmarks/parse.py FILE_OR_FOLDER...

Each file is read alternately by both, three times; the best time of each counts. The bar is three times pypdf's.
"""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pypdf import PdfReader  # noqa: E402

from ingest.errors import IngestError  # noqa: E402
from ingest.load_pdf import load_pdf  # noqa: E402

BAR = 3.0
ROUNDS = 3


def read_with_pypdf(path: Path) -> int:
    """Extract the text of each page; the number of pages."""
    reader = PdfReader(path)
    return len([page.extract_text() for page in reader.pages])


def read_with_ours(path: Path) -> int:
    """Read with structure; the number of pages."""
    return len(load_pdf(path).labels)


def best_seconds(read: Callable[[Path], int], path: Path) -> float:
    """Wall-clock time of one reading."""
    start = time.perf_counter()
    read(path)
    return time.perf_counter() - start


def files_of(arguments: Iterable[str]) -> list[Path]:
    """PDFs among the files and folders given."""
    paths = [Path(argument) for argument in arguments]
    return [file for path in paths for file in (sorted(path.rglob("*.pdf")) if path.is_dir() else [path])]


def main(arguments: list[str]) -> int:
    """Measure and print; 3 when the bar is missed."""
    total_ours = total_pypdf = 0.0
    pages = 0
    print(f"{'file':48} {'pages':>5} {'ours p/s':>9} {'pypdf p/s':>9} {'ratio':>6}")
    for path in files_of(arguments):
        try:
            count = read_with_ours(path)
            read_with_pypdf(path)
        except IngestError as error:
            print(f"{path.name[:48]:48} skipped: {type(error).__name__}")
            continue
        ours, alone = [], []
        for _ in range(ROUNDS):
            ours.append(best_seconds(read_with_ours, path))
            alone.append(best_seconds(read_with_pypdf, path))
        pages += count
        total_ours += min(ours)
        total_pypdf += min(alone)
        ratio = min(ours) / min(alone)
        print(f"{path.name[:48]:48} {count:5} {count / min(ours):9.1f} {count / min(alone):9.1f} {ratio:6.2f}")
    if not pages:
        print("no PDF with text given", file=sys.stderr)
        return 2
    ratio = total_ours / total_pypdf
    print(f"{'all':48} {pages:5} {pages / total_ours:9.1f} {pages / total_pypdf:9.1f} {ratio:6.2f}  (bar {BAR})")
    return 0 if ratio <= BAR else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
