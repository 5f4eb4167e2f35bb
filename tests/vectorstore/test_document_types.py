import pytest

from vectorstore.document_types import types_named

TYPES = ["handlingsplan", "program", "strategi", "verksamhetsberättelse", "årsrapport", "webbsida", "policy", "rapport"]


@pytest.mark.parametrize(
    ("question", "types"),
    [
        ("Vad säger handlingsplanen om vatten?", ["handlingsplan"]),
        ("Vad säger åtgärdsplanen?", ["handlingsplan"]),
        ("vad sager atgardsplanens forsta del", ["handlingsplan"]),
        ("Vad säger klimathandlingsplanen?", ["handlingsplan"]),
        ("What does the action plan say?", ["handlingsplan"]),
        ("Vad säger planen om vatten?", ["handlingsplan"]),
        ("Vad står i årsrapporten?", ["verksamhetsberättelse", "årsrapport"]),
        ("Vad står i verksamhetsberättelsen?", ["verksamhetsberättelse", "årsrapport"]),
        ("Vad står i rapporten?", ["verksamhetsberättelse", "årsrapport", "rapport"]),
        ("What does the annual report say?", ["verksamhetsberättelse", "årsrapport"]),
        ("Vilka mål har strategin?", ["strategi"]),
        ("Vilka är EU-strategins mål?", ["strategi"]),
        ("What are the goals of the strategy?", ["strategi"]),
        ("Vilka mål har programmet?", ["program"]),
        ("Which goals does the programme have?", ["program"]),
        ("Vad säger resepolicyn?", ["policy"]),
        ("Vad står på webbsidan?", ["webbsida"]),
        ("Vad planerar nämnden?", []),
        ("Hur planeras arbetet?", []),
        ("Vem rapporterar till styrelsen?", []),
        ("Vilka programmerar robotar?", []),
        ("Vilka strateger arbetar där?", []),
        ("Vad är Eurocities?", []),
    ],
)
def test_types_are_recognised_however_they_are_said(question: str, types: list[str]) -> None:
    assert types_named(question, TYPES) == types


def test_only_types_that_documents_here_have() -> None:
    assert types_named("Vad säger handlingsplanen?", ["program"]) == []
