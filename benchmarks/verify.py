"""How many false sentences verification catches, and how many true ones it keeps.

    python benchmarks/verify.py FOLDER [FOLDER...]

Every sentence of the documents is told as it stands, shortened, and with one thing changed: a number, a year, a name,
a negation, a direction, a unit, an obligation; and as it stands while another passage of its document is cited for it.
Which of the changes a reader would call false is decided by how they are made, without the verifier. The shares are
given for several thresholds of `assistant.verify.SUPPORT`, with 95 % intervals (Wilson).
"""

import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from assistant import verify
from assistant.verify import Support, Verdict, verify_claims
from evals.estimate import estimate_mean
from ingest.document import BlockKind, Document
from ingest.load import load_file
from ingest.sentences import split_sentences

THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
SWAPS = (
    ("negation", r"\b(är|har|ska|kan|blev|fick|is|are|has|will|was)\b", r"\1 inte"),
    ("negation", r"\b(?:inte|not) ", ""),
    ("direction", r"\bökade\b", "minskade"), ("direction", r"\bminskade\b", "ökade"),
    ("direction", r"\bincreased\b", "decreased"), ("direction", r"\bföre\b", "efter"),
    ("unit", r"\bmiljoner\b", "miljarder"), ("unit", r"\bmillion\b", "billion"), ("unit", r"\bprocent\b", "kronor"),
    ("obligation", r"\bska\b", "får"), ("obligation", r"\bkan\b", "måste"),
)  # fmt: skip
NAME = re.compile(r"(?<=[a-zåäö,] )[A-ZÅÄÖ][a-zåäö]{3,}\b")


def sentences(document: Document) -> Iterator[str]:
    for block in document.blocks:
        if block.kind == BlockKind.PARAGRAPH:
            text = document.text[block.start : block.end]
            for start, end in split_sentences(text):
                sentence = " ".join(text[start:end].split())
                if (
                    6 <= len(sentence.split()) <= 40
                    and sentence[-1] in ".!"
                    and not re.search(r"[\[\]<>|]|://|www", sentence)
                ):
                    yield sentence


def true_ones(sentence: str) -> Iterator[tuple[str, str]]:
    yield "as it stands", sentence
    if match := re.match(r"(.{30,}?),? (?:men|samt|och därmed|but|while) ", sentence):
        yield "shortened", match.group(1) + "."
    if re.search(r"\d procent\b", sentence):
        yield "unit as a sign", re.sub(r"(\d) procent\b", r"\1 %", sentence)


def false_ones(sentence: str, others: list[str], names: list[str], chance: random.Random) -> Iterator[tuple[str, str]]:
    for kind, pattern in (("year", r"\b(?:19|20)\d\d\b"), ("number", r"(?<![\d.,-])[2-9]\d{0,2}(?![\d.,]*\d)")):
        if match := re.search(pattern, sentence):
            wrong = str(int(match.group()) + chance.choice((1, 2, 10)))
            if wrong not in sentence:
                yield kind, sentence[: match.start()] + wrong + sentence[match.end() :]
    for kind, pattern, other in SWAPS:
        if (kind, other) == ("negation", r"\1 inte") and re.search(
            r"\b(?:inte|not|ingen|inga|no|utan|varken|aldrig)\b", sentence, re.I
        ):
            continue
        changed = re.sub(pattern, other, sentence, count=1)
        if changed != sentence:
            yield kind, changed
    if match := NAME.search(sentence):
        foreign = [name for name in names if name not in sentence and name[:4] != match.group()[:4]]
        if foreign:
            yield "name", sentence.replace(match.group(), chance.choice(foreign))
    if others:
        yield "another source", sentence


def main() -> None:
    chance = random.Random(7)
    documents = [load_file(path, path.name) for folder in sys.argv[1:] for path in sorted(Path(folder).iterdir())]
    kept: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    names = sorted({name for document in documents for name in NAME.findall(document.text)})
    for document in documents:
        told = list(sentences(document))
        for sentence in told:
            others = [other for other in told if other != sentence]
            cases = [(f"true: {kind}", text, sentence) for kind, text in true_ones(sentence)]
            for kind, text in false_ones(sentence, others, names, chance):
                cases.append((f"false: {kind}", text, chance.choice(others) if kind == "another source" else sentence))
            for kind, text, evidence in cases:
                for threshold in THRESHOLDS:
                    verify.SUPPORT = threshold
                    claims = verify_claims(f"{text} [1]", {1: Support(evidence, document.title)})
                    holds = bool(claims) and all(claim.verdict == Verdict.SUPPORTED for claim in claims)
                    kept[kind][threshold].append(float(holds))
                    kept[kind.split(":")[0]][threshold].append(float(holds))
    print(f"{len(documents)} documents; share of sentences that are shown, by threshold")
    print(f"{'':26}{'count':>6}" + "".join(f"{threshold:>20}" for threshold in THRESHOLDS))
    for kind in sorted(kept):
        shares = [estimate_mean(kept[kind][threshold]) for threshold in THRESHOLDS]
        count = len(kept[kind][THRESHOLDS[0]])
        print(f"{kind:26}{count:>6}" + "".join(f"{s.value:>8.1%} ({s.low:.1%}-{s.high:.1%})".rjust(20) for s in shares))


if __name__ == "__main__":
    main()
