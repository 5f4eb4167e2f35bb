"""What looks like the kind of thing that is asked for."""

import pytest

from assistant.understand import Kind
from assistant.values import holds


@pytest.mark.parametrize(
    ("kind", "text", "question", "held"),
    [
        (Kind.NUMBER, "Staden har fyra vänorter.", "Hur många vänorter?", True),
        (Kind.NUMBER, "Staden har vänorter.", "Hur många vänorter?", False),
        (Kind.NUMBER, "Rapporten 2021 nämner det.", "Hur många 2021?", False),
        (Kind.NUMBER, "Den antogs den 28 oktober 2022, § 23.", "Hur många röstade?", False),
        (Kind.NUMBER, "Mötet den 28 oktober 2022 hade 2 200 gäster.", "Hur många kom?", True),
        (Kind.NUMBER, "Dnr KS 2023/94 gäller till 2026-12-31.", "Hur många gäller det?", False),
        (Kind.AMOUNT, "Kontoret kostar 260 000 kronor.", "Vad kostar det?", True),
        (Kind.AMOUNT, "Det kostar €5 million.", "Vad kostar det?", True),
        (Kind.AMOUNT, "Kontoret har 4 anställda.", "Vad kostar det?", False),
        (Kind.DATE, "Det antogs i mars.", "När?", True),
        (Kind.DATE, "Det gäller tills vidare.", "När?", True),
        (Kind.DATE, "Fullmäktige antog det.", "När?", False),
        (Kind.PERSON, "Ekonomichefen ansvarar.", "Vem?", True),
        (Kind.PERSON, "Det är viktigt.", "Vem?", False),
        (Kind.NAME, "Ordförande är Anna Svensson.", "Vad heter ordföranden?", True),
        (Kind.NAME, "Ordföranden leder mötet.", "Vad heter ordföranden?", False),
        (Kind.REASON, "Det beror på vädret.", "Varför?", True),
        (Kind.REASON, "Resan blev av.", "Varför?", False),
        (Kind.PLACE, "Kontoret finns i Bryssel.", "Var finns kontoret?", True),
        (Kind.PLACE, "Kontoret är litet.", "Var finns kontoret?", False),
        (Kind.EXPLANATION, "Vad som helst.", "Hur?", True),
    ],
)
def test_the_kind_of_thing_asked_for_is_recognised(unit, kind: Kind, text: str, question: str, held: bool) -> None:
    assert holds(kind, unit(text), question) is held
