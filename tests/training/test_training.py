"""The reader's training from questions to the file that ships, on a few passages and a network of one layer."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training import alter, prepare
from training.build import average
from training.examples import Examples
from training.export import export
from training.network import load_start
from training.restore import restore
from training.strategies import read_strategies
from training.train import Recipe, best_spans, train
from training.windows import cut_windows
from vectorstore.bundled_reader import BundledReader
from vectorstore.reader import Passage

PLACES = ["Ekby", "Björkstad", "Granköping", "Talldal", "Lindås"]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Arrays of twenty passages, of which the last of each source are held out."""
    data = tmp_path_factory.mktemp("data")
    passages, questions = [], []
    for index in range(20):
        place, number = PLACES[index % 5], 3 + index
        text = (
            f"Om {place}\nStaden {place} ligger vid en å. Den har {number} vänorter i andra länder.\n"
            f"Byggnader\nRådhuset i {place} byggdes år {1800 + index}. Det har ett torn av tegel."
        )
        source = "one" if index < 10 else "other"
        passages.append({"id": f"p{index}", "text": text, "lang": "sv", "source": source})
        asked = [
            (f"Hur många vänorter har {place}?", str(number)),
            (f"När byggdes rådhuset i {place}?", str(1800 + index)),
            (f"Vem är borgmästare i {place}?", ""),
        ]
        for order, (question, answer) in enumerate(asked):
            answers = [{"start": text.rindex(answer), "text": answer}] if answer else []
            questions.append(
                {
                    "id": f"q{index}-{order}",
                    "question": question,
                    "lang": "sv",
                    "passage": f"p{index}",
                    "answers": answers,
                }
            )
    for name, entries in (("passages", passages), ("questions", questions)):
        (data / f"{name}.jsonl").write_text("\n".join(json.dumps(entry) for entry in entries), "utf-8")
    folder = tmp_path_factory.mktemp("work")
    prepare.main(["--data", str(data), "--out", str(folder)])
    return folder


def test_questions_are_laid_out_as_the_reader_meets_them(work: Path) -> None:
    examples = Examples(work / "examples.npz")
    assert examples.held.any() and not examples.held.all()
    kinds = set(examples.kinds.tolist())
    altered = {"keywords", "misspelt", "twin", "cut"}
    strategy = {f"{kind}-{how}" for kind in ("strategy", "translated") for how in altered} - {"translated-cut"}
    assert kinds == {"asked", "heading", "strategy", "translated", *altered, *strategy}
    twin = int(np.flatnonzero(examples.kinds == "twin")[0])
    for row, answers in ((0, True), (twin, False)):
        batch = next(examples.batches([row], 3, 1, np.random.default_rng(0), shuffle=False))
        assert batch.answers.tolist() == [int(answers), 0, 0]
        assert (batch.start >= 0).tolist() == [answers, False, False]
    batch = next(examples.batches([0], 3, 1, np.random.default_rng(0), shuffle=False))
    assert int(batch.kinds[0, int(batch.start[0])]) >= 2


def test_a_network_is_trained_stopped_gone_on_with_and_written(work: Path, tmp_path: Path) -> None:
    recipe = Recipe(steps=4, groups=2, size=2, layers=1)
    train(work, "tiny", recipe, minutes=1e-6, device="cpu")
    assert (work / "tiny.checkpoint.pt").exists()
    network, measures = train(work, "tiny", recipe, device="cpu")
    assert set(measures) == {"span_f1", "exact", "balanced", "rr"}
    assert json.loads((work / "tiny.json").read_text())["steps"] == 4
    taught, _ = train(work, "taught", replace(recipe, steps=2, seed=1), teachers=[network], device="cpu")
    assert any(
        not torch.equal(one, other) for one, other in zip(network.parameters(), taught.parameters(), strict=True)
    )
    out = tmp_path / "reader.onnx"
    assert export(work, "tiny", out) == out.stat().st_size
    from platformdirs import user_cache_path

    readings = BundledReader(out, user_cache_path("utblick", appauthor=False)).read(
        "Hur många vänorter har Ekby?", [Passage("Den har 3 vänorter.", "Om Ekby")]
    )
    assert 0 < readings[0].relevance < 1
    restored, trained = restore(out), network.state_dict()
    assert set(restored) == set(trained)
    for name, weight in trained.items():
        if not name.startswith("answerability.2"):  # calibrated when it is written
            assert torch.allclose(
                restored[name], weight.to(torch.float16).float(), atol=0.02 * float(weight.abs().max())
            )


def test_frozen_layers_stay_as_they_are(work: Path) -> None:
    recipe = Recipe(steps=2, groups=2, size=2, layers=2, frozen=1)
    network, _ = train(work, "frozen", recipe, device="cpu")
    before, after = load_start(work / "start.npz", 2).state_dict(), network.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name.split(".")[0] for name in moved} >= {"layers", "span"}
    assert not [name for name in moved if name.startswith(("layers.0", "positions", "kinds", "norm"))]


def test_questions_over_a_document_are_read_with_its_chunks(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text(
        "# Plan för Ekby\n\n## Mål\n\nEkby ska ha sju vänorter år 2030.\n\n## Åtgärder\n\n"
        "| Åtgärd | Ansvar |\n|---|---|\n| Nytt kontor | Stadsledningen |\n",
        "utf-8",
    )
    rows = [
        {"question": "Hur många?", "quote": "Ekby ska ha sju vänorter år 2030.", "answer": "sju vänorter"},
        {"question": "Vem ordnar lokal?", "quote": "| Nytt kontor | Stadsledningen |", "answer": "Stadsledningen"},
        {"question": "Vad kostar det?", "quote": "| Nytt kontor | Stadsledningen |", "answer": ""},
        {"question": "Vad?", "quote": "Det står inte här.", "answer": "inte"},
    ]
    lines = [json.dumps({"document": "plan.md"} | row) for row in [*rows, {"document": "gone.md", "answer": ""}]]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), "utf-8")
    (strategy,) = read_strategies([tmp_path], 5)
    assert [window.passage for window in strategy.windows] == [5] * len(strategy.windows)
    assert {(window.title, window.heading) for window in strategy.windows} == {
        ("Plan för Ekby", "Mål"),
        ("Plan för Ekby", "Åtgärder"),
    }
    told = [[answer["text"] for answer in question["answers"]] for question in strategy.questions]
    assert told == [["sju vänorter"], ["Stadsledningen"], []]
    for question in strategy.questions:
        for answer in question["answers"]:
            assert strategy.text[answer["start"] :].startswith(answer["text"])
    assert strategy.windows[strategy.questions[2]["near"]].heading == "Åtgärder"


def test_a_question_is_asked_in_the_other_language_too(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("# Plan för Ekby\n\nEkby ska ha sju vänorter år 2030.\n", "utf-8")
    row = {
        "document": "plan.md",
        "question": "Hur många?",
        "translated": "How many?",
        "quote": "Ekby ska ha sju vänorter år 2030.",
        "answer": "sju vänorter",
    }
    (tmp_path / "questions.jsonl").write_text(json.dumps(row), "utf-8")
    (strategy,) = read_strategies([tmp_path], 0)
    assert [question["translated"] for question in strategy.questions] == ["How many?"]


def test_an_average_lies_between() -> None:
    one, other = {"w": torch.tensor([1.0, 3.0])}, {"w": torch.tensor([3.0, 5.0])}
    assert average([one, other])["w"].tolist() == [2.0, 4.0]


def test_the_network_is_the_embedding_model_before_it_is_trained(work: Path) -> None:
    network = load_start(work / "start.npz", 12, 0.0).eval()
    examples = Examples(work / "examples.npz")
    batch = next(examples.batches([0], 1, 1, np.random.default_rng(0), shuffle=False))
    with torch.no_grad():
        states = network.encode(batch.ids, batch.kinds, batch.mask)
    assert states.shape == (1, batch.ids.shape[1], 384)
    assert torch.isfinite(states).all()


def test_the_best_span_is_in_order_and_short() -> None:
    start = torch.tensor([[0.0, 0.0, 5.0, 0.0]])
    end = torch.tensor([[8.0, 0.0, 0.0, 4.0]])
    assert [int(value) for value in (*best_spans(start, end),)] == [2, 3]


def test_windows_keep_sentences_whole_and_know_their_heading() -> None:
    text = "Titel här\nFörsta meningen om staden. Andra meningen om ån.\nRubrik två\nTredje meningen om bron."
    windows = cut_windows(0, text, 8)
    assert [text[window.start : window.end] for window in windows] == [
        "Första meningen om staden.",
        "Andra meningen om ån.",
        "Tredje meningen om bron.",
    ]
    assert [(window.title, window.heading) for window in windows] == [
        ("Titel här", ""),
        ("Titel här", ""),
        ("Titel här", "Rubrik två"),
    ]


def test_questions_are_altered() -> None:
    chance = random.Random(1)
    assert alter.keyword_style("Hur många vänorter har Ekby?") == "vänorter Ekby"
    assert alter.unaccented("Vad är Rönnö?") == "vad ar ronno?"
    assert alter.misspell("ab", chance) == "ab"
    assert alter.misspell("vänorter", chance) != "vänorter"
    twin = alter.swap_particular("Vad hände i Ekby år 1900?", "I Ekby byggdes ett rådhus år 1900.", ["Talldal"], chance)
    assert twin is not None
    assert ("Ekby" in twin) != ("1900" in twin)
    assert alter.swap_particular("Vad hände då?", "Ett rådhus byggdes.", ["Talldal"], chance) is None
