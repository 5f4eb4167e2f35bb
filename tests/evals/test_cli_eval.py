"""The commands of `utblick eval` as an evaluator meets them."""

import importlib.util
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import Run, caller

from evals.cases import read_cases
from evals.judge import read_labelled

ROOT = Path(__file__).parents[2]
QUESTIONS = [
    {"id": "a", "question": "Vilka vänorter har Provköping?", "kind": "list", "facts": [["Beispielstadt"]]},
    {"id": "b", "question": "Vem är kommundirektör i Exempelstad?", "kind": "unanswerable", "answerable": False},
    {"id": "c", "question": "Vad kostar avtalet med Mellansjö Europakontor?", "kind": "number", "facts": [["nej"]]},
]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Run]:
    """Runs `utblick eval` in this process; what answers, it starts as processes of its own."""
    for name in os.environ:
        if name.startswith("UTBLICK_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    # The processes import the packages of this checkout.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return caller(monkeypatch, capfd, "eval")


def put(path: Path, *lines: dict | str) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8")
    return path


@pytest.fixture
def ran(run, samples_data: Path, tmp_path: Path) -> Path:
    """The folder of a run of three questions: one right, one rightly abstained on, one wrong or abstained on."""
    questions = put(tmp_path / "q.jsonl", *QUESTIONS)
    done = run("run", questions, "--out", tmp_path / "one", "--data", samples_data)
    assert done.code == 0, done.err
    assert "3 of 3 questions in " in done.err
    assert done.out.startswith("# Evaluation\n\n3 questions.")
    return tmp_path / "one"


def test_runs_are_compared_and_gated(run, ran: Path, samples_data: Path, tmp_path: Path) -> None:
    again = run(
        "run", tmp_path / "q.jsonl", "--out", tmp_path / "two", "--data", samples_data, "--workers", "2", "--json"
    )
    assert json.loads(again.out)["outcomes"]["right"] == 2
    told = run("compare", ran, tmp_path / "two")
    assert told.code == 0 and "No question became right or ceased to be. 3 questions were asked in both." in told.out
    assert "Nothing that the answers depend on was changed." in told.out
    for name, spoilt in (("two", "Beispielstadt"),):
        path = tmp_path / name / "answers.jsonl"
        path.write_text(path.read_text("utf-8").replace(spoilt, "Nirgendwo"), "utf-8")
    found = json.loads(run("compare", ran, tmp_path / "two", "--json").out)
    assert (found["lost"], found["won"], found["p_value"]) == (["a"], [], 1.0)
    assert run("gate", ran, "--against", ran).code == 0
    broken = run("gate", tmp_path / "two", "--against", ran, "--rule", "lost <= 0", "--rule", "failed <= 0")
    assert broken.code == 3
    assert [line.split()[0] for line in broken.out.splitlines()] == ["kept", "BROKEN", "kept"]
    as_json = run("gate", tmp_path / "two", "--against", ran, "--rule", "right[list] >= baseline", "--json")
    assert as_json.code == 3
    assert json.loads(as_json.out)["rules"][1] == {
        "rule": "right[list] >= baseline", "kept": False, "value": 0.0, "limit": 1.0,
    }  # fmt: skip
    for wrong in (("gate", ran, "--against", ran, "--rule", "rigth > 1"), ("compare", ran, tmp_path / "none")):
        assert run(*wrong).code == 1


def test_no_time_at_all_is_a_usage_error(run, tmp_path: Path) -> None:
    questions = put(tmp_path / "q.jsonl", QUESTIONS[0])
    for flags in (("--time-limit", "0"), ("--workers", "0"), ("--take", "0")):
        assert run("run", questions, "--out", tmp_path / "out", *flags).code == 2


def test_only_some_questions_are_asked(run, samples_data: Path, tmp_path: Path) -> None:
    questions = put(tmp_path / "q.jsonl", *({"id": f"q{n}", "question": f"Vad är {n}?"} for n in range(9)))
    done = run("run", questions, "--out", tmp_path / "out", "--data", samples_data, "--take", "3", "--json")
    assert [one["id"] for one in json.loads(done.out)["per_question"]] == ["q0", "q3", "q6"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("".join(f'{{"id": "{n}", "question": "?"}}\n' for n in range(16)) + '{"id": "x",\n', ["line 17", "not JSON"]),
        ('{"id": "a", "question": "?", "answer": 1}\n', ["line 1", "'answer'", "not known"]),
        ('{"question": "?"}\n', ["line 1", "'id'", "missing"]),
        ('{"id": "a", "question": "?"}\n' * 2, ["line 2", "'a'", "line 1"]),
        ('{"id": "a", "question": 1}\n', ["line 1", "'question'", "text in quotes"]),
        ("", ["is empty"]),
        ("\n\n", ["is empty"]),
    ],
)
def test_a_malformed_file_is_named_and_nothing_is_written(
    run, samples_data: Path, tmp_path: Path, content: str, said: list[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    kept = put(out / "answers.jsonl", "of an earlier run")
    (tmp_path / "q.jsonl").write_text(content, "utf-8")
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "q.jsonl").write_text(content, encoding)
        found = run("run", tmp_path / "q.jsonl", "--out", out, "--data", samples_data)
        assert (found.code, found.out) == (1, "")
        assert "q.jsonl" in found.err
        assert all(part in found.err for part in (said if encoding == "utf-8" else ["UTF-16"]))
        assert [path.name for path in out.iterdir()] == ["answers.jsonl"]
        assert kept.read_text("utf-8") == "of an earlier run\n"


def test_questions_are_drafted_reviewed_and_run(run, samples_data: Path, tmp_path: Path) -> None:
    made = run("make", "--out", tmp_path / "d.csv", "--data", samples_data, "--per-document", "2", "--json")
    assert json.loads(made.out)["questions"] == len((tmp_path / "d.csv").read_text("utf-8-sig").split("draft,")) - 1
    unreviewed = run("run", tmp_path / "d.csv", "--out", tmp_path / "out", "--data", samples_data)
    assert unreviewed.code == 1 and "'review'" in unreviewed.err
    text = (tmp_path / "d.csv").read_text("utf-8-sig").replace("draft,", "yes,", 3)
    (tmp_path / "d.csv").write_text(text, "utf-8")
    assert len(read_cases(tmp_path / "d.csv")) == 3
    assert run("make", "--out", tmp_path / "d.csv", "--data", samples_data).code == 2
    assert run("make", "--out", tmp_path / "d.jsonl", "--data", samples_data, "--no-twins").code == 0
    assert all(case.answerable for case in read_cases(tmp_path / "d.jsonl"))


def test_feedback_becomes_questions(run, samples_data: Path, tmp_path: Path) -> None:
    absent = run("make", "--feedback", "--out", tmp_path / "f.xlsx", "--data", samples_data)
    assert absent.code == 1 and "none yet" in absent.err
    line = {
        "id": "1", "answer_id": "x", "question": "Vem?", "verdict": "not_useful", "answer": {"status": "not_found"},
    }  # fmt: skip
    data = tmp_path / "data"
    data.mkdir()
    (data / "catalog.sqlite").write_bytes((samples_data / "catalog.sqlite").read_bytes())
    put(data / "feedback.jsonl", line)
    assert run("make", "--feedback", "--out", tmp_path / "f.jsonl", "--data", data).code == 0
    (case,) = read_cases(tmp_path / "f.jsonl")
    assert (case.question, case.kind) == ("Vem?", "feedback")


LABELLED = {one.answer.replace('"', "”"): one for one in read_labelled()}


@pytest.mark.skipif(importlib.util.find_spec("langchain_openai") is None, reason="langchain-openai is not installed")
def test_a_model_behind_a_server_judges(run, ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for judge, code in ((judges_by_label, 0), (judges_yes, 1)):
        with judging_server(judge) as address:
            monkeypatch.setenv("UTBLICK_MODEL_BASE_URL", f"{address}/v1")
            found = run("judge", ran, "--model", f"openai:{judge.__name__}", "--json")
        result = json.loads(found.out)
        assert found.code == code
        assert result["trusted"] is (code == 0)
        assert ("measures" in result) is (code == 0)


def judges_by_label(prompt: str) -> str:
    one = next((one for answer, one in LABELLED.items() if f">\n{answer}\n</" in prompt), None)
    stated = list(one.stated) if one else [True]
    facts = [{"fact": number, "stated": yes} for number, yes in enumerate(stated, start=1)]
    return json.dumps({"claims": [{"claim": "x", "supported": one.faithful if one else True}], "facts": facts})


def judges_yes(prompt: str) -> str:
    count = sum(line[:3] in {f"{number}. " for number in range(1, 9)} for line in prompt.splitlines()) - 2
    facts = [{"fact": number, "stated": True} for number in range(1, count + 1)]
    return json.dumps({"claims": [{"claim": "x", "supported": True}], "facts": facts})


class judging_server:  # noqa: N801 - used as a context manager
    """A chat completion server on a free port that judges by a rule."""

    def __init__(self, judge: Callable[[str], str]) -> None:
        self._judge = judge

    def __enter__(self) -> str:
        import uvicorn
        from fastapi import FastAPI, Request
        from fastapi.responses import JSONResponse, Response, StreamingResponse

        app = FastAPI()

        async def complete(request: Request) -> Response:
            body = await request.json()
            text = self._judge(body["messages"][-1]["content"])
            about = {"id": "1", "created": 0, "model": "local"}
            if not body.get("stream"):
                message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
                return JSONResponse({**about, "object": "chat.completion", "choices": [message]})

            def pieces() -> Iterator[str]:
                delta = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
                yield f"data: {json.dumps({**about, 'object': 'chat.completion.chunk', 'choices': [delta]})}\n\n"
                yield "data: [DONE]\n\n"

            return StreamingResponse(pieces(), media_type="text/event-stream")

        complete.__annotations__["request"] = Request
        app.post("/v1/chat/completions", response_model=None)(complete)
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
