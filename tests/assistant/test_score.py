"""The score's behaviour: what speaks for a unit must raise it, whatever the fitted weights are."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest

from assistant.evidence import find_units
from assistant.fitted import Features, Grounds, Model, grounds_for, model_for
from assistant.reading import relevance_shares, share_held
from assistant.score import Scored, score_units, weigh_terms
from assistant.understand import understand
from ingest.document import Fact, Field
from vectorstore.reader import Place, Reading


@pytest.fixture
def rank(make_document, hits_over) -> Callable[..., list[Scored]]:
    """The sentences given, each a paragraph of its own, scored for a question, best first."""

    def score(question: str, *sentences: str, cosines: list[float] | None = None, **facts: str) -> list[Scored]:
        document = make_document(*(("paragraph", sentence) for sentence in sentences), **facts)
        units = find_units(document, hits_over(document))
        understood = understand(question)
        terms = weigh_terms(understood, lambda alternatives: 3.0)
        return score_units(understood, terms, units, {document.id: document}, cosines or [0.9] * len(units))

    return score


def test_probabilities_are_probabilities_and_in_order(rank) -> None:
    scored = rank("Hur många vänorter har staden?", "Staden har två vänorter.", "Vädret var vackert.", "x")
    found = [entry.probability for entry in scored]
    assert all(0 < value < 1 for value in found)
    assert found == sorted(found, reverse=True)
    assert rank("Vad?") == []


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [
        ("Hur många vänorter har staden?", "Staden har två vänorter.", "Staden har flera vänorter."),
        ("När antogs programmet?", "Programmet antogs den 3 mars 2021.", "Programmet antogs av fullmäktige."),
        ("Vilka nätverk är Malmö med i?", "Malmö är med i nätverket UBC.", "Lund är med i nätverket UBC."),
        (
            "Vad kostade kontoret 2021?",
            "Kontoret kostade 3 miljoner kronor 2021.",
            "Kontoret kostade 3 miljoner kronor.",
        ),
        ("vilka vanorter har staden", "Staden har vänorten Näidislinn.", "Staden har kontoret Näidislinn."),
    ],
)
def test_what_answers_is_likelier_than_what_only_sounds_alike(rank, question: str, better: str, worse: str) -> None:
    scored = rank(question, worse, better)
    assert [entry.unit.text for entry in scored] == [better, worse]
    assert scored[0].probability > scored[1].probability


def test_only_the_unit_that_covers_most_is_the_fullest(rank) -> None:
    scored = rank("Hur många vänorter har staden?", "Staden har två vänorter.", "Staden har sju parker.")
    assert [entry.features.fullest for entry in scored] == [1.0, 0.0]
    assert scored[0].features.coverage > scored[1].features.coverage


def test_nearness_in_meaning_counts(rank) -> None:
    one, other = "Samverkan sker med våra grannländer.", "Vägarna är långa i kommunen."
    scored = rank("Vilka partner finns?", one, other, cosines=[0.80, 0.92])
    assert scored[0].unit.text == other


def test_the_earlier_question_counts_half() -> None:
    from assistant.answers import Turn

    understood = understand("Och kontoret?", [Turn("Hur många vänorter har staden?")])
    weights = {term.alternatives[0]: term.weight for term in weigh_terms(understood, lambda alternatives: 2.0)}
    assert weights["kontor" if "kontor" in weights else "kontoret"] == 2.0
    assert {weight for word, weight in weights.items() if word.startswith(("vänort", "stad"))} == {1.0}


READ_ONLY = {"answerable", "relevant", "share", "held", "focus"}


@pytest.mark.parametrize("name", ["read", "unread"])
def test_the_fitted_models_fit_the_features(name: str) -> None:
    fitted = json.loads(files("assistant").joinpath("weights.json").read_text("utf-8"))[name]
    expected = {"bias", *Features.__dataclass_fields__} - (set() if name == "read" else READ_ONLY)
    assert set(fitted["weights"]) == expected
    assert set(fitted["grounds"]) == {"bias", *Grounds.__dataclass_fields__}
    model = Model(fitted["weights"], fitted["grounds"], fitted["threshold"])
    assert 0 < model.threshold < 1
    nothing = Features(**dict.fromkeys(Features.__dataclass_fields__, 0.0))
    probability = model.probability(nothing)
    assert probability < 0.01
    assert model.certainty(grounds_for(nothing, probability, [probability])) < model.threshold


def test_the_more_units_may_answer_the_likelier_one_does() -> None:
    features = Features(**dict.fromkeys(Features.__dataclass_fields__, 0.0))
    alone, among, all_sure = (grounds_for(features, 0.4, others) for others in ([0.4], [0.4, 0.3], [1.0, 0.4]))
    assert alone.any == pytest.approx(alone.probability)
    assert alone.any < among.any < all_sure.any < 10


def test_what_a_reader_has_read_is_judged_by_what_it_says(unit) -> None:
    plain = unit("Staden har sju vänorter.")
    reading = Reading(0.9, 0.8, (11, 14), (Place(11, 14, 0.9), Place(15, 23, 0.05)))
    read = replace(plain, hit=replace(plain.hit, reading=reading))
    assert model_for([plain]) != model_for([read])
    assert share_held(plain) == 0.0
    begin = read.hit.chunk.start
    assert share_held(replace(read, spans=((begin + 11, begin + 14),))) == pytest.approx(0.9)
    assert share_held(replace(read, spans=((begin, begin + 24),))) == pytest.approx(0.95)


def test_relevance_is_shared_out_among_passages_and_not_among_units(unit) -> None:
    plain = unit("Staden har sju vänorter.")
    read, other = (
        replace(plain, hit=replace(plain.hit, chunk=replace(plain.hit.chunk, start=start), reading=Reading(share, 0.5)))
        for start, share in ((0, 0.6), (90, 0.2))
    )
    assert relevance_shares([read, read, other]) == pytest.approx([0.75, 0.75, 0.25], abs=0.01)
    assert relevance_shares([plain]) == [0.0]


def test_a_cross_encoder_that_tells_relevance_alone_leaves_the_plain_model(unit) -> None:
    plain = unit("Staden har sju vänorter.")
    assert model_for([replace(plain, hit=replace(plain.hit, reading=Reading(0.9)))]) == model_for([plain])


def test_the_words_of_a_row_count_apart(unit, make_document, hits_over) -> None:
    row = unit("Projekt: Rena vikar; Ansvarig: Miljönämnden")
    question = understand("Vem är ansvarig för Rena vikar?")
    document = make_document(("paragraph", "Miljönämnden är ansvarig för Rena vikar."))
    (sentence,) = find_units(document, hits_over(document))
    terms = weigh_terms(question, lambda alternatives: 3.0)
    for one, told in ((row, True), (sentence, False)):
        (scored,) = score_units(question, terms, [one], {"a.pdf": document}, [0.9])
        assert scored.features.row_inside == (scored.features.inside if told else 0.0)
        assert scored.features.inside > 0


def test_of_a_list_of_facts_only_the_item_that_states_the_one_asked_for_counts(make_document, hits_over) -> None:
    document = make_document(
        ("paragraph", "Om planen:"),
        ("item", "Antagen av: kommunstyrelsen"),
        ("item", "Diarienummer: 12/2020"),
        title="Plan för klimatet",
        organisation="Ekby kommun",
    )
    place = document.text.index("Antagen")
    stated = Fact(Field.ADOPTED_BY, "kommunstyrelsen", place, place + 27)
    document = replace(document, facts=(*document.facts, stated))
    question = understand("Vem antog planen i Ekby?", (), None, ["Ekby kommun"])
    units = find_units(document, hits_over(document))
    terms = weigh_terms(question, lambda alternatives: 3.0)
    scored = score_units(question, terms, units, {"a.pdf": document}, [0.9] * len(units))
    asked = {entry.unit.text.splitlines()[-1]: entry.features.asked for entry in scored if len(entry.unit.spans) == 2}
    assert asked == {"Antagen av: kommunstyrelsen": 1.0, "Diarienummer: 12/2020": 0.0}


@pytest.mark.parametrize(
    ("year", "text", "dated"),
    [
        (2021, "Nio grupper kom, fler än under 2021.", False),
        (2020, "Staden fick 59 miljoner kronor under 2021, en ökning mot 2020.", False),
        (2021, "Staden fick 59 miljoner kronor under 2021, en ökning mot 2020.", True),
        (2030, "Målet nås senare än 2030.", True),
        (2030, "Kommunen är på väg mot 2030.", True),
    ],
)
def test_a_year_that_another_is_compared_with_is_not_spoken_of(unit, make_document, year, text, dated) -> None:
    question = understand(f"Hur var det {year}?")
    document = make_document(("paragraph", text))
    (scored,) = score_units(question, [], [unit(text)], {"a.pdf": document}, [0.9])
    assert scored.features.dated == dated
