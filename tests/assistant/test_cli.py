"""The command line as its users meet it: a process of its own where that matters, else in this one."""

import gc
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import typer.main
from command_line import Run, caller
from subject import WordHashes

from assistant import cli
from assistant.progress import Progress
from assistant.settings import Settings
from ingest.document import Field
from vectorstore.embed import SentenceEmbeddings
from vectorstore.lock import write_lock
from vectorstore.outcome import FileOutcome, Outcome

QUESTION = "Vilka vänorter har Provköping?"
COMMANDS = [
    ("ingest",), ("documents",), ("page",), ("remove",), ("search",), ("ask",), ("chat",), ("doctor",), ("backup",),
    ("restore",), ("eval",), ("eval", "run"), ("eval", "retrieval"), ("eval", "compare"), ("eval", "gate"),
    ("eval", "make"), ("eval", "judge"), ("config",), ("config", "show"),
    ("users",), ("users", "add"), ("users", "list"), ("users", "remove"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("UTBLICK_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], embeddings) -> Callable[..., Run]:
    """Runs `utblick` in this process, with the embedding model that the other tests have loaded."""
    monkeypatch.setattr(SentenceEmbeddings, "load", lambda *_, **__: embeddings)
    return caller(monkeypatch, capfd)


def process(*arguments: str, **environment: str) -> Run:
    """Runs `utblick` as a process of its own."""
    command = [sys.executable, "-c", "from assistant.cli import main; main()", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UTBLICK_")}
    ended = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env={**kept, **environment}, timeout=60
    )
    return Run(ended.returncode, ended.stdout, ended.stderr)


def one_line(run: Run, *said: str) -> None:
    """Asserts exit code 1, nothing on standard output and one line with what happened and what to do."""
    assert run.code == 1
    assert run.out == ""
    lines = [line for line in run.err.splitlines() if not line.startswith("Stopped after")]
    assert len(lines) == 1 and lines[0].startswith("utblick: "), run.err
    assert [words for words in said if words not in lines[0]] == []


def public_commands() -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()

    def walk(command: object, path: tuple[str, ...]) -> None:
        if getattr(command, "hidden", False):
            return
        if path:
            found.add(path)
        for name, child in getattr(command, "commands", {}).items():
            walk(child, (*path, name))

    walk(typer.main.get_command(cli.app), ())
    return found


def test_the_commands_are_these() -> None:
    assert public_commands() == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(public_commands()), ids=" ".join)
def test_every_command_has_help_and_every_option_says_what_it_does(run, command: tuple[str, ...]) -> None:
    shown = run(*command, "--help")
    assert shown.code == 0 and shown.err == ""
    assert len(shown.out.splitlines()) > 5
    found = typer.main.get_command(cli.app)
    for name in command:
        found = found.commands[name]  # type: ignore[attr-defined]
    assert found.help
    assert [parameter.name for parameter in found.params if not getattr(parameter, "help", "")] == []


def test_every_command_stands_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    groups = {("eval",), ("config",), ("users",)}
    assert [command for command in public_commands() - groups if f"utblick {' '.join(command)}" not in readme] == []


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['utblick', '--help']\n"
        "from assistant.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = 'torch gradio chromadb sentence_transformers transformers numpy langchain langchain_core pydantic'\n"
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_a_folder_is_ingested_listed_searched_asked_and_removed(run, tmp_path: Path, samples: Path) -> None:
    folder = tmp_path / "mapp med å"
    folder.mkdir()
    shutil.copy(samples / "provkoping-handlingsplan-2025.md", folder / "plan ä.md")
    (folder / "trasig.pdf").write_bytes(b"%PDF-1.4 broken")
    data = ("--data", tmp_path / "data")

    ingested = run("ingest", folder, "--json", *data)
    assert ingested.code == 1
    assert [list(file) for file in ingested.json["files"]] == [["path", "outcome", "document", "pages", "reason"]] * 2
    good, bad = ingested.json["files"]
    assert (good["outcome"], good["document"], good["pages"], good["reason"]) == ("ingested", "plan ä.md", 1, None)
    assert (bad["outcome"], bad["document"]) == ("unreadable", None) and bad["reason"]

    (folder / "trasig.pdf").unlink()
    again = run("ingest", folder, "--json", *data)
    assert again.code == 0
    assert {file["path"]: file["outcome"] for file in again.json["files"]}["plan ä.md"] == "unchanged"
    assert "unchanged" in run("ingest", folder, *data).out

    listed = run("documents", "--json", *data)
    (record,) = listed.json["documents"]
    assert record["id"] == "plan ä.md" and record["organisation"] == "Provköpings kommun" and record["pages"] == 1
    assert "1 page, " in run("documents", *data).out
    assert list(record["facts"]) == [field.value for field in Field]
    assert record["facts"]["revised_on"] is None
    assert (record["ocr_pages"], record["ocr_confidence"], record["unread_pages"]) == ([], None, [])
    read = {name: fact for name, fact in record["facts"].items() if fact is not None and fact["page"] is not None}
    assert read
    for fact in read.values():
        stored = run("page", "plan ä.md", str(fact["page"]), "--json", *data).json["text"]
        assert stored[fact["start"] : fact["end"]] == fact["quote"] and fact["origin"] == "text"

    answer = run("ask", QUESTION, "--json", *data)
    assert answer.code == 0 and answer.json["status"] == "answered"
    citation = answer.json["citations"][0]
    page = run("page", citation["document"], str(citation["page"]), "--json", *data).json
    assert list(page) == ["document", "page", "label", "read_by", "confidence", "text"]
    assert (page["label"], page["read_by"], page["confidence"]) == (None, "text", None)
    assert page["text"][citation["start"] : citation["end"]] == citation["quote"]

    assert run("remove", "plan ä.md", "--json", *data).json == {"removed": ["plan ä.md"]}
    assert run("documents", "--json", *data).json == {"documents": []}
    assert (folder / "plan ä.md").exists()
    one_line(run("remove", "plan ä.md", *data), "No document 'plan ä.md'", "utblick documents")
    assert run("ask", QUESTION, "--json", *data).json["status"] == "not_found"


def test_the_report_names_each_file_that_is_not_as_it_was(run, tmp_path: Path) -> None:
    folder, data = tmp_path / "mapp", ("--data", tmp_path / "data")
    folder.mkdir()
    (folder / "plan.md").write_text("# Energiplan\n\nStaden ska spara energi.\n", "utf-8")
    (folder / "kopia.md").write_bytes((folder / "plan.md").read_bytes())
    (folder / "gammal.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"))
    first = run("ingest", folder, *data)
    assert first.code == 1 and first.err == ""
    told = first.out.splitlines()
    assert told[0].startswith("unsupported    gammal.doc: gammal.doc is an old Word document (.doc); open it in Word")
    assert told[1] == "ingested       kopia.md (1 page)"
    assert told[2] == "duplicate      plan.md has the content of kopia.md"
    assert told[3] == (
        "3 files: 1 ingested, 1 duplicate, 1 unsupported. 1 file could not be read; the reasons stand above."
    )
    (folder / "gammal.doc").unlink()
    again = run("ingest", folder, *data)
    assert (again.code, again.out) == (0, "Nothing to do: 2 files unchanged.\n")
    (folder / "kopia.md").unlink()
    assert run("ingest", folder, *data).out.splitlines() == [
        "removed        kopia.md", "2 files: 1 unchanged, 1 removed."
    ]  # fmt: skip


def test_web_pages_are_ingested_and_looked_at_again(run, site, tmp_path: Path, monkeypatch) -> None:
    data = ("--data", tmp_path / "data")
    address = site.put("/plan", "<main><h1>Energiplan</h1><p>Staden ska spara energi.</p></main>", ETag='"ett"')
    refused = run("ingest", address, *data)
    assert refused.code == 1 and "allow_private_addresses" in refused.out
    monkeypatch.setenv("UTBLICK_ALLOW_PRIVATE_ADDRESSES", "true")
    (entry,) = run("ingest", address.replace("http:", "HTTP:") + "#del", "--json", *data).json["files"]
    assert entry == {"path": address, "outcome": "ingested", "document": address, "pages": 1, "reason": None}
    site.put("/plan", status=304)
    (entry,) = run("ingest", "--web", "--json", *data).json["files"]
    assert (entry["path"], entry["outcome"]) == (address, "unchanged")
    site.put("/plan", status=410)
    gone = run("ingest", "--web", *data)
    assert gone.code == 1 and f"`utblick remove {address}` takes it out" in gone.out
    assert run("documents", "--json", *data).json["documents"][0]["id"] == address


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_progress_is_a_bar_on_a_terminal_and_leaves_nothing_behind(run, tmp_path: Path, monkeypatch) -> None:
    for number in range(3):
        (tmp_path / f"plan-{number}.md").write_text(f"# Plan {number}\n\nStaden ska spara energi.\n", "utf-8")
    (tmp_path / "tom.md").touch()
    import termios

    controller, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    with os.fdopen(terminal, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        ended = run("ingest", tmp_path, "--data", tmp_path / ".data")
    monkeypatch.undo()
    written = b""
    with suppress(OSError):  # the other end is closed
        while piece := os.read(controller, 100_000):
            written += piece
    os.close(controller)
    shown = written.decode()
    assert "4 files: 3 ingested, 1 unreadable." in ended.out
    assert "/4, " in shown and " left, plan-1.md" in shown
    assert "unreadable     tom.md: tom.md is empty" in shown
    assert shown.endswith(" \r")


def test_progress_in_a_log_is_a_line_now_and_then(monkeypatch, capsys) -> None:
    monkeypatch.setattr("assistant.progress._EVERY_SECONDS", 0.0)
    progress = Progress()
    progress.start("a.pdf", 0, 3)
    outcome = FileOutcome("a.pdf", Outcome.NEEDS_OCR, reason="pictures")
    progress.report(outcome, 1, 3)
    progress.report(outcome, 2, 3)
    err = capsys.readouterr().err.splitlines()
    assert err == ["1 of 3 files, 1 not read, about 0 s left", "2 of 3 files, 2 not read, about 0 s left"]


def test_an_empty_folder_is_said_to_be_empty(run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "No files or web pages found" in run("ingest", tmp_path / "empty", "--data", tmp_path / "data").out


def test_search(run, samples_data: Path) -> None:
    found = run("search", QUESTION, "-k", "3", "--json", "--data", samples_data)
    assert found.code == 0
    assert list(found.json) == ["question", "scope", "hits"]
    assert found.json["scope"] == {
        "organisations": ["Provköpings kommun"], "years": [], "document_types": [], "documents": [],
        "without_documents": [],
    }  # fmt: skip
    assert [list(hit) for hit in found.json["hits"]] == [
        ["rank", "document", "title", "page", "section", "score", "text"]
    ] * 3
    assert [hit["rank"] for hit in found.json["hits"]] == [1, 2, 3]
    only = run("search", QUESTION, "--organisation", "Göteborgs Stad", "--json", "--data", samples_data)
    assert {hit["document"] for hit in only.json["hits"]} == {"goteborg-natverk-och-medlemskap.html"}
    assert "provkoping-handlingsplan-2025.md, page 1" in run("search", QUESTION, "--data", samples_data).out


def test_a_search_is_limited_by_type_and_document(run, samples_data: Path) -> None:
    programme, reports = "region-mellansjo-program-2024-2027.pdf", "exempelstad-arsrapport-internationellt-202"
    of_type = run("search", "EU-stöd", "--type", "Program", "--json", "--data", samples_data).json["hits"]
    assert {hit["document"] for hit in of_type} == {programme}
    of_two = run("search", "EU-stöd", "--type", "program", "--type", "årsrapport", "--json", "--data", samples_data)
    assert {hit["document"] for hit in of_two.json["hits"]} == {programme, f"{reports}2.pdf", f"{reports}3.pdf"}
    one = run("search", "EU-stöd", "--document", f"{reports}3.pdf", "--year", "2023", "--json", "--data", samples_data)
    assert {hit["document"] for hit in one.json["hits"]} == {f"{reports}3.pdf"}
    none = run("search", "EU-stöd", "--document", f"{reports}3.pdf", "--year", "2019", "--json", "--data", samples_data)
    one_line(none, "No document of the store is within these limits", "utblick documents")
    question = "Hur mycket EU-stöd beviljades?"
    for options in (("--document", f"{reports}2.pdf"), ("--type", "årsrapport", "--year", "2022")):
        answer = run("ask", question, *options, "--json", "--data", samples_data).json
        assert {hit["document"] for hit in answer["retrieved"]} == {f"{reports}2.pdf"}
        assert "28,4" in answer["text"]


def test_an_organisation_without_documents_is_told(run, samples_data: Path) -> None:
    shown = run("search", "Vilka mål har Uppsala kommun?", "--json", "--data", samples_data)
    assert shown.json["scope"]["without_documents"] == [{"name": "Uppsala kommun", "sureness": 0.95}]
    assert shown.json["hits"]
    assert (
        "No document here is from Uppsala kommun."
        in run("search", "Vilka mål har Uppsala kommun?", "--data", samples_data).err
    )
    assert "No document here" not in run("search", QUESTION, "--data", samples_data).err


def test_a_reranker_that_does_not_exist_is_one_line(run, samples_data: Path, monkeypatch) -> None:
    monkeypatch.setenv("UTBLICK_RERANKER", "/nowhere/at/all")
    for command in ("search", "ask"):
        one_line(run(command, QUESTION, "--data", samples_data), "/nowhere/at/all", "leave the reranker empty")
    assert "'/nowhere/at/all'" in run("config", "show").out


def test_one_half_of_retrieval_is_measured_alone(run, tmp_path: Path) -> None:
    (tmp_path / "set" / "qrels").mkdir(parents=True)
    lines = {
        "corpus.jsonl": [
            {"_id": "a", "title": "", "text": "Staden har vänorter."},
            {"_id": "b", "text": "Ett kontor."},
        ],
        "queries.jsonl": [{"_id": "q", "text": "Vilka vänorter?"}],
    }
    for name, entries in lines.items():
        (tmp_path / "set" / name).write_text("".join(json.dumps(entry) + "\n" for entry in entries), "utf-8")
    (tmp_path / "set" / "qrels" / "test.tsv").write_text("query\tdocument\tgrade\nq\ta\t1\n", "utf-8")
    for flags, runs in (
        ((), ["dense", "hybrid", "lexical"]),
        (("--dense-only",), ["dense"]),
        (("--lexical-only",), ["lexical"]),
    ):
        out = tmp_path / "-".join(("out", *flags))
        found = run("eval", "retrieval", tmp_path / "set", "--out", out, "--json", *flags)
        assert list(found.json) == ["measures", "dense", "lexical", "seconds"]
        assert found.json["measures"]["nDCG@10"] == 1.0
        assert [name for name in ("dense", "lexical") if found.json[name]] == [
            name for name in runs if name != "hybrid"
        ]
        assert sorted(path.stem for path in out.glob("*.run")) == runs
        for path in out.glob("*.run"):
            assert re.fullmatch(r"q Q0 a 1 \S+ utblick-\w+", path.read_text("utf-8").splitlines()[0])
    shown = run("eval", "retrieval", tmp_path / "set", "--out", tmp_path / "o", "--lexical-only")
    assert re.fullmatch(r"lexical +nDCG@10 1\.000  R@10 1\.000  RR@10 1\.000\n", shown.out)
    assert run("eval", "retrieval", tmp_path / "set", "--out", tmp_path, "--dense-only", "--lexical-only").code == 2


@pytest.mark.parametrize("question", ['"', "NEAR(a b)", "vänort* AND", "-", "a OR", "(", "col:x", "^x", "😀"])
def test_signs_of_a_query_language_are_only_signs(run, samples_data: Path, question: str) -> None:
    found = run("search", "--json", "--data", samples_data, "--", question)
    assert found.code == (0 if any(map(str.isalnum, question)) else 2)
    assert run("ask", "--json", "--data", samples_data, "--", question).code == 0


def test_ask_prints_text_sources_and_how_it_ended(run, samples_data: Path) -> None:
    shown = run("ask", QUESTION, "--data", samples_data)
    assert shown.code == 0
    assert re.search(r"Beispielstadt .*\[1\]\n.*\n\[1\] Handlingsplan .*page 1 \(provkoping", shown.out, re.DOTALL)
    assert shown.err.startswith("(answered, ")


def test_ask_prints_the_object_that_a_batch_writes(run, samples_data: Path, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "q1", "question": QUESTION}) + "\n", "utf-8")
    ran = run("eval", "run", tmp_path / "q.jsonl", "--out", tmp_path / "out", "--json", "--data", samples_data)
    assert ran.code == 0
    assert ran.json == json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    (line,) = (tmp_path / "out" / "answers.jsonl").read_text("utf-8").splitlines()
    asked = run("ask", QUESTION, "--json", "--data", samples_data).json
    assert {**json.loads(line), "seconds": 0, "id": ""} == {**asked, "seconds": 0, "id": ""}
    assert json.loads(line)["id"] == "q1"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"answers.jsonl", "report.html", "report.md"}


def test_a_follow_up_is_asked_with_its_history(run, samples_data: Path, tmp_path: Path) -> None:
    history = [{"question": "Hur mycket EU-stöd beviljades Exempelstad 2023?", "answer": "41,6"}]
    (tmp_path / "h.json").write_text(json.dumps(history), "utf-8")
    answer = run("ask", "Och 2022?", "--history", tmp_path / "h.json", "--json", "--data", samples_data).json
    assert answer["standalone_question"] == "Och 2022? (Hur mycket EU-stöd beviljades Exempelstad 2023?)"
    assert "28,4" in answer["text"]


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "5", '{"question": "x"}', '["x"]', '[{"q": "x"}]', '[{"question": 5}]',
        '[{"question": "x", "answer": []}]', None,
    ],
)  # fmt: skip
def test_a_wrong_history_is_a_usage_error(run, samples_data: Path, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "h.json").write_text(content, "utf-8")
    shown = run("ask", QUESTION, "--history", tmp_path / "h.json", "--data", samples_data)
    assert shown.code == 2 and shown.out == ""
    assert "h.json is not a JSON list of" in " ".join(shown.err.split())
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("documents",),
        ("ask", QUESTION),
        ("search", QUESTION),
        ("page", "x"),
        ("remove", "x"),
        ("doctor",),
        ("backup", "x"),
    ],
    ids=lambda arguments: arguments[0],
)  # fmt: skip
def test_a_missing_store_is_said_with_the_first_step(run, tmp_path: Path, arguments: Sequence[str]) -> None:
    one_line(run(*arguments, "--data", tmp_path / "none"), "no store", "utblick ingest FOLDER")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",), ("ingest",), ("ask",), ("ask", "x", "--frob"), ("ask", "x", "--year", "soon"),
        ("search", "x", "-k", "0"), ("search", ""), ("page", "x", "one"), ("eval", "run"), ("config", "frob"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_command_is_a_usage_error(run, arguments: Sequence[str]) -> None:
    shown = run(*arguments)
    assert shown.code == 2 and shown.out == ""
    assert "Error: " in shown.err and "--help" in shown.err


def test_errors_are_one_line_with_what_to_do(run, samples_data: Path, tmp_path: Path) -> None:
    data = ("--data", samples_data)
    one_line(run("ingest", tmp_path / "nowhere", "--data", tmp_path / "d"), "no file or folder", "nowhere")
    one_line(run("page", "provkoping-handlingsplan-2025.md", "9", *data), "no page 9")
    one_line(run("page", "nix.pdf", *data), "nix.pdf", "utblick documents")
    one_line(run("eval", "run", tmp_path / "no.jsonl", "--out", tmp_path / "o", *data), "no.jsonl", "check the path")
    one_line(run("ask", QUESTION, "--model", "gpt-4", *data), "'gpt-4'", "ollama:gemma3")
    (tmp_path / "file").write_text("x")
    one_line(run("ingest", tmp_path, "--data", tmp_path / "file"), "--data")
    (tmp_path / "d8").mkdir()
    (tmp_path / "d8" / "catalog.sqlite").write_text("no database" * 200)
    one_line(run("documents", "--data", tmp_path / "d8"), "catalog.sqlite", "data folder")


def test_doctor(run, samples_data: Path) -> None:
    found = run("doctor", "--json", "--data", samples_data)
    assert found.code == 0
    assert {"name", "severity", "passed", "message", "remedy"} >= set(found.json["checks"][0]) >= {"name", "message"}
    assert "ok   " in run("doctor", "--data", samples_data).out


def test_config_show(run, tmp_path: Path) -> None:
    shown = run("config", "show", "--json", "--data", tmp_path)
    assert list(shown.json) == list(Settings.model_fields)
    assert shown.json["data"] == str(tmp_path)
    assert "UTBLICK_TOP_K" in run("config", "show").out


def test_settings_that_are_wrong_are_one_line(run, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "utblick.toml").write_text("topk = 3\n")
    one_line(run("config", "show"), "topk", "top_k", "utblick.toml")
    (tmp_path / "utblick.toml").unlink()
    monkeypatch.setenv("UTBLICK_TOPK", "3")
    one_line(run("config", "show"), "UTBLICK_TOPK", "UTBLICK_TOP_K")


def test_a_reader_that_has_seen_enough_is_no_error(samples_data: Path) -> None:
    main = "from assistant.cli import main; main()"
    command = f"{sys.executable} -c '{main}' page region-mellansjo-program-2024-2027.pdf 2 --data {samples_data}"
    ended = subprocess.run(
        ["bash", "-c", f"({command}; echo code $? >&2) | true"], capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in ended.stderr and "Exception ignored" not in ended.stderr
    assert ended.stderr.startswith("code ")


def test_bytes_that_are_no_text_are_named(samples_data: Path) -> None:
    main = "from assistant.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", main, "page", b"n\xe5got.pdf", "--json", "--data", str(samples_data)],
        capture_output=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr == b"utblick: 'n\\udce5got.pdf' is not text in UTF-8; type it anew.\n"


@pytest.fixture
def own_data(samples_data: Path, tmp_path: Path) -> Path:
    """A store over the samples that may be changed."""
    return shutil.copytree(samples_data, tmp_path / "own")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB, on a system that lets the tests mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def quick_model(run, monkeypatch: pytest.MonkeyPatch) -> str:
    """Another embedding model, which is quick; its name as an error tells it."""
    model = WordHashes("quick")
    monkeypatch.setattr(SentenceEmbeddings, "load", lambda *_, **__: model)
    return "quick/chunker-"


def listing(run, data: Path) -> list[dict]:
    return run("documents", "--json", "--data", data).json["documents"]


def test_backup_and_restore(run, own_data: Path, tmp_path: Path) -> None:
    file, data = tmp_path / "store.backup", ("--data", own_data)
    made = run("backup", file, "--json", *data)
    assert made.code == 0
    assert list(made.json) == ["file", "documents", "chunks", "bytes", "fingerprint"]
    assert made.json["documents"] == 8 and made.json["bytes"] == file.stat().st_size
    assert run("backup", file, *data).out.startswith(f"{file} holds 8 documents in ")
    before = listing(run, own_data)
    run("remove", "provkoping-handlingsplan-2025.md", *data)
    one_line(run("restore", file, *data), "holds 7 documents", "--force")
    assert len(listing(run, own_data)) == 7
    restored = run("restore", file, "--force", "--json", *data)
    assert restored.json == {**made.json, "data": str(own_data), "replaced": 7, "kept": None}
    assert listing(run, own_data) == before
    assert run("ask", QUESTION, "--json", *data).json["status"] == "answered"
    assert run("doctor", *data).code == 0
    elsewhere = run("restore", file, "--data", tmp_path / "new")
    assert elsewhere.out.startswith(f"{tmp_path / 'new'} holds 8 documents in ") and elsewhere.err == ""
    (tmp_path / "letter").write_text("Hej!")
    one_line(run("restore", tmp_path / "letter", "--force", *data), "letter is no backup", "utblick backup")
    one_line(run("backup", tmp_path / "letter", *data), "letter is there already", "another file")
    one_line(run("backup", own_data / "b", *data), "own folder", "elsewhere")


def test_no_document_in_scope(run, samples_data: Path, own_data: Path) -> None:
    nobody = ("--organisation", "Ingenstad", "--data", samples_data)
    one_line(run("search", "hamn", *nobody), "No document", "utblick documents")
    one_line(run("search", "hamn", "--year", "1700", "--json", "--data", samples_data), "No document")
    answer = run("ask", QUESTION, "--json", *nobody)
    assert (answer.code, answer.json["status"], answer.json["citations"]) == (0, "not_found", [])
    assert "Inget dokument" in answer.json["text"]
    for record in listing(run, own_data):
        run("remove", record["id"], "--data", own_data)
    one_line(run("search", "hamn", "--data", own_data), "holds no documents", "utblick ingest FOLDER")


def test_a_wrong_fingerprint(run, quick_model: str, own_data: Path, tmp_path: Path, samples: Path) -> None:
    data = ("--data", own_data)
    before = listing(run, own_data)
    said = ("built with bundled", f"the settings name {quick_model}", "utblick ingest --rebuild")
    for command in (("search", QUESTION), ("ask", QUESTION), ("ingest", samples), ("remove", before[0]["id"])):
        one_line(run(*command, *data), *said)
    found = run("doctor", "--repair", "--json", *data)
    assert found.code == 1
    (check,) = [check for check in found.json["checks"] if not check["passed"]]
    assert (check["name"], check["remedy"]) == ("fingerprint", "utblick ingest --rebuild")
    assert listing(run, own_data) == before
    assert run("backup", tmp_path / "b", *data).code == 0
    assert "8 documents embedded again" in run("ingest", "--rebuild", *data).err
    assert run("search", QUESTION, "--json", *data).json["hits"]
    assert run("doctor", *data).code == 0


def test_a_locked_store(run, own_data: Path, samples: Path, tmp_path: Path, monkeypatch) -> None:
    data = ("--data", own_data)
    run("backup", tmp_path / "b", *data)
    before = listing(run, own_data)
    with sqlite3.connect(own_data / "catalog.sqlite") as connection:
        connection.execute("DELETE FROM terms")
    connection.close()
    program = (
        "import sys, time; from pathlib import Path; from vectorstore.lock import write_lock\n"
        "with write_lock(Path(sys.argv[1]), 1): print('held', flush=True); time.sleep(100)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(own_data)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        monkeypatch.setattr("vectorstore.store.write_lock", lambda folder, _: write_lock(folder, 0.1))
        monkeypatch.setattr("vectorstore.backup.write_lock", lambda folder, _: write_lock(folder, 0.1))
        writers: list[tuple[str | Path, ...]] = [
            ("ingest", samples), ("remove", before[0]["id"]), ("doctor", "--repair"),
            ("restore", tmp_path / "b", "--force"),
        ]  # fmt: skip
        for command in writers:
            one_line(run(*command, *data), f"Process {holder.pid}, since 20", "Try again when it is done")
        for readers in (("search", QUESTION), ("ask", QUESTION), ("documents",), ("backup", tmp_path / "c")):
            assert run(*readers, *data).code == 0
        holder.kill()
    assert listing(run, own_data) == before
    assert run("doctor", "--repair", *data).code == 0
    assert {file["outcome"] for file in run("ingest", samples, "--json", *data).json["files"]} <= {
        "unchanged", "renamed", "duplicate"
    }  # fmt: skip


def test_a_disk_that_can_only_be_read(run, samples_data: Path, samples: Path, disk: Path, tmp_path: Path) -> None:
    shutil.copytree(samples_data, disk / "data")
    data = ("--data", disk / "data")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert run("search", QUESTION, "-k", "1", "--json", *data).json["hits"][0]["document"].startswith("provkoping")
    assert run("ask", QUESTION, "--json", *data).json["status"] == "answered"
    assert len(listing(run, disk / "data")) == 8
    assert "The folder can only be read" in run("doctor", *data).out
    assert run("backup", tmp_path / "b", *data).code == 0
    writers: list[tuple[str | Path, ...]] = [
        ("ingest", samples), ("ingest", "--rebuild"), ("remove", "provkoping-handlingsplan-2025.md"),
        ("restore", tmp_path / "b", "--force"),
    ]  # fmt: skip
    for command in writers:
        one_line(run(*command, *data), "can only be read", "permissions")
    one_line(run("backup", disk / "b", *data), "cannot be written", "permissions")
    one_line(run("ingest", samples, "--data", disk / "new"), "cannot be made", "--data")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    gc.collect()  # a connection of a refused command, alive in its traceback, would share that it can only read
    checked = run("doctor", *data)
    assert checked.code == 0, checked.out + checked.err


def test_a_full_disk(run, quick_model: str, samples: Path, disk: Path, tmp_path: Path) -> None:
    data, filler = ("--data", disk / "data"), disk / "filler"
    folder = shutil.copytree(samples, tmp_path / "documents")
    assert run("ingest", folder, *data).code == 0
    before = listing(run, disk / "data")
    run("backup", tmp_path / "b", *data)
    for number in range(12):
        (folder / f"{number}.md").write_text(f"# Plan {number}\n\n" + f"Mål {number} för staden. " * 4000, "utf-8")
    fill(filler, leave=1_500_000)
    half = run("ingest", folder, *data)
    one_line(half, "Nothing of it was stored", "Free disk space")
    assert re.search(r"^Stopped after \d+ of \d+ files; what was read of those is stored", half.err, re.MULTILINE)
    fill(filler)
    commands: list[tuple[str | Path, ...]] = [
        ("search", QUESTION), ("ask", QUESTION), ("documents",), ("ingest", folder), ("backup", disk / "b"),
        ("remove", "provkoping-handlingsplan-2025.md"), ("restore", tmp_path / "b", "--force"), ("doctor",),
    ]  # fmt: skip
    for command in commands:
        shown = run(*command, *data)
        # What needs no room may well be done.
        if shown.code and command != ("doctor",):
            one_line(shown, "ree disk space")
        assert "damaged" not in shown.err + shown.out
    filler.unlink()
    after = listing(run, disk / "data")
    kept = {record["id"] for record in after}
    assert kept >= {record["id"] for record in before} - {"provkoping-handlingsplan-2025.md"}
    repaired = run("doctor", "--repair", *data)
    assert repaired.code == 0, repaired.out + repaired.err
    assert run("ask", QUESTION, "--json", *data).code == 0


def fill(file: Path, leave: int = 0) -> None:
    """Fills the disk, but for so many bytes."""
    room = shutil.disk_usage(file.parent).free - leave
    with suppress(OSError), file.open("ab", buffering=0) as stream:
        while room > 0 or not leave:
            room -= stream.write(bytes(65_536 if leave else 4_096))


def test_users_are_added_listed_and_removed(run, tmp_path: Path, monkeypatch) -> None:
    def typed(*lines: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    data = ("--data", tmp_path / "data")
    assert "users add" in run("users", "list", *data).out
    typed("korrekt häst batteri")
    assert run("users", "add", "Anna", "--json", *data).json == {"user": "Anna", "added": True}
    typed("ett annat lösenord")
    assert "another password" in run("users", "add", "anna", *data).out
    typed("kort")
    one_line(run("users", "add", "bo", *data), "10 to 1000 characters")
    typed("korrekt häst batteri")
    one_line(run("users", "add", "a b", *data), "without blanks")
    assert run("users", "list", "--json", *data).json == {"users": ["anna"]}
    assert "lösenord" not in (tmp_path / "data" / "users.json").read_text()
    assert run("users", "remove", "ANNA", "--json", *data).json == {"removed": ["ANNA"]}
    one_line(run("users", "remove", "anna", *data), "There is no user 'anna'")
