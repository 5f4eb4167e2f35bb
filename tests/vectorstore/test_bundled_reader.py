"""The reader that ships with the project: its layout of input, what it marks, and how it fails."""

from pathlib import Path

import numpy as np
import pytest

from vectorstore.bundled_reader import BundledReader, best_span
from vectorstore.errors import ReaderError
from vectorstore.open_reader import open_reader
from vectorstore.reader import Passage
from vectorstore.reader_input import tokenize
from vectorstore.reader_layout import CONTEXT, PASSAGE, QUESTION, SHARED, lay_out
from vectorstore.rerank import stands_under

MONEY = Passage(
    "Under året fick staden 12 miljoner kronor i EU-stöd. Antalet vänorter var sju.", "Provköping > Årsrapport 2021"
)
OTHER = Passage("Biblioteket har öppet på vardagar mellan klockan tio och sexton.", "Provköping > Service")


def test_the_answer_is_marked_where_it_stands(reader: BundledReader) -> None:
    money, other = reader.read("Hur mycket EU-stöd fick Provköping?", [MONEY, OTHER])
    assert money.span is not None
    assert "12 miljoner" in MONEY.text[slice(*money.span)]
    assert money.relevance > other.relevance
    assert (money.answerability or 0) > (other.answerability or 0)


def test_another_question_gets_another_span(reader: BundledReader) -> None:
    (read,) = reader.read("How many twin towns does the city have?", [MONEY])
    assert read.span is not None
    assert "sju" in MONEY.text[slice(*read.span)]


def test_places_lie_in_the_passage_in_order_and_sum_to_one_at_most(reader: BundledReader) -> None:
    for passage, read in zip([MONEY, OTHER], reader.read("Hur många vänorter?", [MONEY, OTHER]), strict=True):
        starts = [place.start for place in read.places]
        assert starts == sorted(starts)
        assert all(0 <= place.start < place.end <= len(passage.text) for place in read.places)
        assert 0 < sum(place.share for place in read.places) <= 1.0001


def test_passages_do_not_change_each_others_readings(reader: BundledReader) -> None:
    (alone,) = reader.read("Hur många vänorter?", [MONEY])
    beside = reader.read("Hur många vänorter?", [OTHER, MONEY, OTHER])[1]
    assert alone == beside


@pytest.mark.parametrize("text", ["", " ", "\ud800", "ord " * 3000])
def test_any_text_can_be_read(reader: BundledReader, text: str) -> None:
    (read,) = reader.read("Vad står det?", [Passage(text)])
    assert 0 <= read.relevance <= 1
    assert read.span is None or 0 <= read.span[0] <= read.span[1] <= len(text)


@pytest.mark.parametrize(
    ("title", "organisation", "told"),
    [
        ("Handlingsplan 2025", "Ekby kommun", "Ekby kommun > Handlingsplan 2025 > Mål"),
        ("Handlingsplan för Ekby kommun", "Ekby kommun", "Handlingsplan för Ekby kommun > Mål"),
        ("Handlingsplan 2025", None, "Handlingsplan 2025 > Mål"),
        ("", "Ekby kommun", "Ekby kommun > Mål"),
    ],
)
def test_a_passage_is_told_whose_it_is_and_its_title_once(title: str, organisation: str | None, told: str) -> None:
    assert stands_under(title, organisation, (title, "Mål", " ")) == told


def test_whose_the_document_is_tells_which_passage_answers(reader: BundledReader) -> None:
    plan = "Kommunstyrelsen avsätter 900 000 kronor för handlingsplanen."
    contexts = [stands_under("Handlingsplan 2025", name, ()) for name in ("Ekby kommun", "Talldals kommun")]
    ekby, talldal = reader.read("Hur mycket avsätter Ekby?", [Passage(plan, context) for context in contexts])
    assert ekby.relevance > talldal.relevance


def test_nothing_is_read_of_nothing(reader: BundledReader) -> None:
    assert reader.read("Vad?", []) == []


def test_input_is_laid_out_with_its_kinds(reader: BundledReader) -> None:
    reader.read("Vad?", [OTHER])
    question, context, passage = tokenize(reader._tokenizer, ["Var ligger Malmo?", "Titel", "I Malmö, sade de."])
    pair = lay_out(question, context, passage)
    kinds = pair.types.tolist()
    assert kinds[:3] == [QUESTION] * 3
    assert CONTEXT in kinds
    told = kinds[pair.first : pair.first + pair.length]
    assert SHARED in told, "a word typed without its diacritics is the same word"
    assert PASSAGE in told
    assert len(pair.ids) == pair.first + pair.length + 1


def test_the_longest_input_fits_the_model(reader: BundledReader) -> None:
    reader.read("Vad?", [OTHER])
    long = tokenize(reader._tokenizer, ["ord " * 900] * 3)
    assert len(lay_out(*long).ids) <= 512


def test_a_span_ends_after_it_begins() -> None:
    spans = np.array([[0.0, 9.0], [1.0, 0.0], [8.0, 1.0], [0.0, 2.0]], np.float32)
    assert best_span(spans) == (2, 3)


def test_damaged_weights_are_told_with_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "reader.onnx"
    broken.write_bytes(b"no weights")
    with pytest.raises(ReaderError, match="Install Utblick anew"):
        BundledReader(broken, tmp_path).read("Vad?", [OTHER])


def test_the_setting_names_the_bundled_reader() -> None:
    reader = open_reader("bundled")
    assert reader is not None
    assert reader.fingerprint.startswith("bundled:")
    assert open_reader("") is None
