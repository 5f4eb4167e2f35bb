"""What recognising a question's scope gives: recall of a right document at 5 and nDCG@10, with it and without.

    python benchmarks/scope.py DATA QUESTIONS.jsonl... [--crowd 8] [--keep FOLDER] [--years]

Documents rank by their best hit among the first 20, and pages likewise where the questions name them. `--crowd` adds,
for each document of the store, copies in which other organisations say the same: its place's name is replaced by
made-up ones of the same length. `--years` makes copies of other years instead, and asks only the questions that name
a year. Values are given for all questions and for those that name an organisation, a year, a type or a document.
"""

import argparse
import random
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import log2
from pathlib import Path
from unittest.mock import patch

import numpy as np

from evals.cases import Case, read_cases
from ingest.document import Document, Field
from ingest.language import detect_language
from vectorstore.embed import SentenceEmbeddings
from vectorstore.organisations import apart
from vectorstore.scope import find_mentions, years_named
from vectorstore.search import search
from vectorstore.store import Store
from vectorstore.types import Filter, Hit

SCOPE = "vectorstore.scope"
WAYS: dict[str, dict[str, object]] = {
    "without": {f"{SCOPE}.{name}": 0.0 for name in ("ORGANISATION", "YEAR", "DOCUMENT_TYPE", "DOCUMENT")}
    | {"vectorstore.search._narrower": lambda *_: [], "vectorstore.search._groups": lambda *_: {}},
    "as it is": {},
    **{f"organisation {value}": {f"{SCOPE}.ORGANISATION": value} for value in (0.0, 0.02, 0.1, 0.2)},
    **{f"year {value}": {f"{SCOPE}.YEAR": value} for value in (0.0, 0.01, 0.04, 0.08)},
    **{f"type {value}": {f"{SCOPE}.DOCUMENT_TYPE": value} for value in (0.0, 0.02, 0.04)},
    **{f"document {value}": {f"{SCOPE}.DOCUMENT": value} for value in (0.0, 0.02, 0.1, 0.2)},
}
NARROWED = ("organisations", "years", "document_types", "documents")


def crowd(store: Store, count: int, years: bool) -> None:
    """Add copies of every document that say the same of other organisations, or of other years."""
    draw = random.Random(1)
    records = [record for record in store.catalog.records() if record.organisation]
    with store.writing():
        for record in records:
            document = store.catalog.document(record.id)
            places = sorted(
                {match for word in apart(record.organisation or "") for match in _spellings(word, document)}
            )
            for number in range(1, count + 1):
                swaps = {} if years else {place: _made_up(place, draw) for place in places}
                copy = _copy(document, f"{number}-{document.id}", swaps, 3 * number if years else 0)
                store.replace(copy, "", copy.id)


def _spellings(word: str, document: Document) -> set[str]:
    from vectorstore.names import bare

    text = document.text + (document.fact(Field.ORGANISATION) or "") + document.id
    return {found for found in re.findall(r"[^\W\d_]+", text) if bare(found).startswith(word)}


def _made_up(name: str, draw: random.Random) -> str:
    made = "".join(
        draw.choice("bdfgklmnprstv" if sign.lower() in "bcdfghjklmnpqrstvwxz" else "aeiouåö") for sign in name
    )
    return made.capitalize() if name[0].isupper() else made


def _copy(document: Document, name: str, swaps: Mapping[str, str], earlier: int) -> Document:
    def changed(text: str) -> str:
        for place, other in swaps.items():
            text = text.replace(place, other)
        return re.sub(r"\b(?:19|20)\d\d\b", lambda year: str(int(year[0]) - earlier), text) if earlier else text

    facts = tuple(replace(fact, value=changed(fact.value)) for fact in document.facts)
    text = changed(document.text)
    assert len(text) == len(document.text)
    return replace(document, id=changed(name), content_hash=name, text=text, facts=facts)


@contextmanager
def changed(targets: Mapping[str, object]) -> Iterator[None]:
    patches = [patch(target, value) for target, value in targets.items()]
    for entry in patches:
        entry.start()
    try:
        yield
    finally:
        for entry in patches:
            entry.stop()


def measure(store: Store, cases: Sequence[Case], narrow: str | None = None) -> dict[str, list[float]]:
    """Values by measure, one for each question that has what it needs."""
    values: dict[str, list[float]] = {"R@5": [], "nDCG@10": [], "page R@5": [], "page nDCG@10": []}
    records = store.catalog.records()
    for case in cases:
        question = " ".join((case.question, *(f"({turn.question})" for turn in case.history)))
        limits = Filter()
        if narrow:
            limits = Filter(**{narrow: getattr(find_mentions(question, records), narrow)})
        language = "en" if detect_language(question) == "en" else "sv"
        hits = search(store, question, top_k=20, language=language, limits=limits)
        ranked = list(dict.fromkeys(_document_key(hit, case) for hit in hits))
        right = set(case.sources) if case.all_sources else {"any"}
        found = [key if case.all_sources else "any" if key in case.sources else key for key in ranked]
        first = [
            ("any" if not case.all_sources else key) if (key := _document_key(hit, case)) in case.sources else key
            for hit in hits[:5]
        ]
        values["R@5"].append(len(right & set(first)) / len(right))
        values["nDCG@10"].append(_ndcg(found, right))
        if case.pages:
            pages = list(dict.fromkeys(page for hit in hits for page in _pages(hit, case)))
            gold = {(page.source, page.page) for page in case.pages}
            values["page R@5"].append(len({page for hit in hits[:5] for page in _pages(hit, case)} & gold) / len(gold))
            values["page nDCG@10"].append(_ndcg(pages, gold))
    return values


def _document_key(hit: Hit, case: Case) -> str:
    """The case's word for a document, else its identifier."""
    name = hit.chunk.document.rsplit("/", 1)[-1]
    return next((source for source in case.sources if name.startswith(source)), name)


def _pages(hit: Hit, case: Case) -> list[tuple[str, int]]:
    return [(_document_key(hit, case), page) for page in range(hit.chunk.first_page, hit.chunk.last_page + 1)]


def _ndcg(ranked: Sequence[object], right: set[object] | set[str] | set[tuple[str, int]]) -> float:
    gain = sum(1 / log2(place + 1) for place, key in enumerate(ranked[:10], start=1) if key in right)
    return gain / sum(1 / log2(place + 1) for place in range(1, min(len(right), 10) + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--crowd", type=int, default=0, help="copies of each document")
    parser.add_argument("--years", action="store_true", help="copies of other years instead of other organisations")
    parser.add_argument("--keep", type=Path, help="folder for the crowded store, used again where it exists")
    parser.add_argument("--way", nargs="*", help="only these")
    arguments = parser.parse_args()
    cases = [case for file in arguments.questions for case in read_cases(file) if case.sources]
    embeddings = SentenceEmbeddings.load()
    with tempfile.TemporaryDirectory(prefix="utblick-scope-") as scratch:
        folder = arguments.data
        if arguments.crowd:
            folder = arguments.keep or Path(scratch) / "crowd"
            if not (folder / "catalog.sqlite").exists():
                building = folder.with_name(f"{folder.name}.part")
                original, store = Store(arguments.data, embeddings, create=False), Store(building, embeddings)
                with store.writing():
                    for record in original.catalog.records():
                        store.replace(original.catalog.document(record.id), "", record.id)
                original.close()
                crowd(store, arguments.crowd, arguments.years)
                store.close()
                building.rename(folder)
        if arguments.years:
            cases = [case for case in cases if years_named(case.question)]
        store = Store(folder, embeddings, create=False)
        remember(store)
        records = store.catalog.records()
        groups = {"all": cases} | {
            field: [case for case in cases if getattr(find_mentions(case.question, records), field)]
            for field in NARROWED
        }
        print(f"{len(records)} documents, {store.catalog.count_chunks()} chunks; R@5, nDCG@10, nDCG@10 of pages")
        print(" " * 27 + "  ".join(f"{name} ({len(own)})".ljust(18) for name, own in groups.items()))
        for name, targets in WAYS.items():
            if not arguments.way or name in arguments.way:
                with changed(targets):
                    _print(name, [measure(store, own) for own in groups.values()])
        for field in NARROWED:
            if not arguments.way or f"narrowed by {field}" in arguments.way:
                _print(f"narrowed by {field}", [measure(store, own, field) for own in groups.values()])
        store.close()


def remember(store: Store) -> None:
    """Let the store find the candidates of a question once; only what is made of them changes."""
    find, known = store.candidates, {}

    def candidates(*asked: object) -> object:
        key = repr(asked)
        if key not in known:
            known[key] = find(*asked)
        return known[key]

    store.candidates = candidates


def _print(name: str, values: Sequence[Mapping[str, Sequence[float]]]) -> None:
    shown = ("R@5", "nDCG@10", "page nDCG@10")
    rows = [" ".join(f"{np.mean(own[key]):.3f}" if own[key] else "-" for key in shown).ljust(18) for own in values]
    print(f"{name:27}" + "  ".join(rows), flush=True)


if __name__ == "__main__":
    main()
