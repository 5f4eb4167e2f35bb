"""The examples of docs/embedding.md, taken from the page and run over the samples."""

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "embedding.md"


def examples() -> dict[str, str]:
    """The code under each heading."""
    found: dict[str, str] = {}
    for part in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```python\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL)
        assert len(blocks) == 1, part.splitlines()[0]
        found[part.splitlines()[0]] = blocks[0]
    return found


@pytest.fixture
def run(samples_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs an example in a working folder where `data` is the data folder, and gives what it defines."""
    (tmp_path / "data").symlink_to(samples_data, target_is_directory=True)
    monkeypatch.chdir(tmp_path)

    def call(name: str) -> dict[str, Any]:
        # Pydantic resolves the annotations of a class in the module that it names.
        module: dict[str, Any] = {"__name__": "example"}
        exec(compile(examples()[name], f"{PAGE.name}: {name}", "exec"), module)
        return module

    return call


def test_the_page_has_three_examples() -> None:
    assert list(examples()) == ["Plain Python", "A LangChain chain", "An endpoint in a FastAPI application"]


def test_plain_python(run, capsys: pytest.CaptureFixture[str]) -> None:
    hits = run("Plain Python")["hits"]
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == len(hits) == 3
    assert {hit.chunk.document for hit in hits} == {"exempelstad-arsrapport-internationellt-2023.pdf"}
    assert shown[0].startswith("1 exempelstad-arsrapport-internationellt-2023.pdf ")
    assert any("Musterstadt" in hit.chunk.text for hit in hits)


def test_a_langchain_chain(run, capsys: pytest.CaptureFixture[str]) -> None:
    example = run("A LangChain chain")
    assert capsys.readouterr().out == "Musterstadt och Näidislinn [1]\n"
    prompted = example["prompt"].invoke(
        {"passages": example["numbered"]([]), "question": "Vilka vänorter har Exempelstad?"}
    )
    assert "Question: Vilka vänorter har Exempelstad?" in prompted.to_string()
    assert example["retriever"].organisations == ("Exempelstads kommun",)


def test_what_the_chain_shows_its_model(run, samples_data: Path) -> None:
    from vectorstore import UtblickRetriever

    example = run("A LangChain chain")
    retriever = UtblickRetriever.open(samples_data, top_k=4, organisations=("Exempelstads kommun",))
    passages = example["numbered"](retriever.invoke("Vilka vänorter har Exempelstad?"))
    retriever.close()
    assert passages.startswith("[1] Årsrapport 202")
    assert len(re.findall(r"^\[\d\]", passages, re.MULTILINE)) == 4
    assert "Musterstadt" in passages


def test_a_fastapi_endpoint(run) -> None:
    from fastapi.testclient import TestClient

    with TestClient(run("An endpoint in a FastAPI application")["app"]) as client:
        answer = client.get("/passages", params={"question": "Vilka vänorter har Provköping?", "top_k": 2})
        assert answer.status_code == 200
        assert [passage["document"] for passage in answer.json()] == ["provkoping-handlingsplan-2025.md"] * 2
        assert set(answer.json()[0]) == {"document", "title", "organisation", "page", "section", "score", "text"}
        assert client.get("/passages", params={"question": ""}).status_code == 422
        schema = client.get("/openapi.json").json()
        assert "Passage" in schema["components"]["schemas"]
