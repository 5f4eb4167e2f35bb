import pytest

from ingest.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Staden växer. Målen står fast.", ["Staden växer.", "Målen står fast."]),
        ("Stöd ges till bl.a. Ekby. Sök i maj.", ["Stöd ges till bl.a. Ekby.", "Sök i maj."]),
        ("Det kostar 3,5 mkr. per år.", ["Det kostar 3,5 mkr. per år."]),
        ("1. Staden ska växa. 2. Staden ska lyssna.", ["1. Staden ska växa.", "2. Staden ska lyssna."]),
        ("Stegen är: 1. Tänk om, 2. Bygg om, 3. Bygg nytt. Sedan är det klart.",
         ["Stegen är: 1. Tänk om, 2. Bygg om, 3. Bygg nytt.", "Sedan är det klart."]),
        ("Antalet ökade till 12. Det är bra.", ["Antalet ökade till 12.", "Det är bra."]),
        ("Totalt: 14. Det är bra.", ["Totalt: 14.", "Det är bra."]),
        ("En rubrik\n\nEn mening", ["En rubrik", "En mening"]),
        ("  ", []),
    ],
)  # fmt: skip
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in split_sentences(text)] == sentences
