"""What a run depends on is named the same wherever it is asked, and otherwise where anything changed."""

import shutil
from pathlib import Path
from types import SimpleNamespace

from assistant.assistant import Assistant
from assistant.settings import Settings
from assistant.stages import stage, timed_stages
from evals.ask import ask_case, model_use
from evals.identity import digest_code, run_settings
from vectorstore.contents import digest_contents
from vectorstore.store import Store
from vectorstore.sync import sync_path


def store_over(folder: Path, data: Path, embeddings) -> Store:
    store = Store(data, embeddings)
    sync_path(store, folder)
    return store


def test_two_stores_of_the_same_documents_are_one_and_a_change_is_another(samples: Path, tmp_path, embeddings) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("provkoping-handlingsplan-2025.md", "goteborg-natverk-och-medlemskap.html"):
        shutil.copy(samples / name, folder)
    first, second = (store_over(folder, tmp_path / name, embeddings) for name in ("one", "two"))
    assert first.catalog.state != second.catalog.state
    digest = digest_contents(first.catalog)
    assert digest == digest_contents(second.catalog)
    plan = folder / "provkoping-handlingsplan-2025.md"
    plan.write_text(plan.read_text("utf-8").replace("38 000", "39 000"), "utf-8")
    sync_path(second, folder)
    assert digest_contents(second.catalog) != digest
    (folder / "goteborg-natverk-och-medlemskap.html").unlink()
    sync_path(first, folder)
    assert digest_contents(first.catalog) not in (digest, digest_contents(second.catalog))
    first.close()
    second.close()


def test_answers_over_two_stores_of_the_same_documents_are_the_same(samples: Path, tmp_path, embeddings) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("provkoping-handlingsplan-2025.md", "region-stockholm-eu-arbete.html"):
        shutil.copy(samples / name, folder)
    questions = ("Vilka vänorter har Provköping?", "Vem äger Europakontoret?", "Which countries take part in Interreg?")
    answers: list[list[dict]] = []
    settings = []
    for name in ("one", "two"):
        store = store_over(folder, tmp_path / name, embeddings)
        assistant = Assistant(store, Settings(data=tmp_path / name))
        answers.append([{**assistant.ask(one, answer_id="a").as_json(), "seconds": 0} for one in questions])
        settings.append(run_settings(assistant))
        assistant.close()
    assert answers[0] == answers[1]
    assert settings[0] == settings[1]
    assert len(settings[0]["code"]) == 12


def test_the_code_is_named_by_what_it_says(tmp_path: Path) -> None:
    assert digest_code() == digest_code()
    assert digest_code(("ingest",)) != digest_code(("vectorstore",)) != digest_code()


def test_stages_are_timed_where_that_is_wanted(make_case, samples_assistant: Assistant) -> None:
    asked = ask_case(make_case("a", "Vilka vänorter har Provköping?"), samples_assistant)
    assert {"understand", "retrieve", "score", "write"} <= set(asked.effort.stages)
    assert 0 < sum(asked.effort.stages.values()) <= asked.answer.seconds
    with timed_stages() as seconds:
        with stage("one"):
            pass
        with stage("one"):
            pass
    with stage("two"):
        pass
    assert list(seconds) == ["one"]


def test_what_a_model_took_is_read_from_the_answer(make_answer) -> None:
    told = SimpleNamespace(writing=SimpleNamespace(calls=2, input_tokens=300, output_tokens=None))
    assert model_use(told) == {"model_calls": 2, "input_tokens": 300, "output_tokens": 0}
    assert model_use(make_answer()) == {"model_calls": 0, "input_tokens": 0, "output_tokens": 0}
