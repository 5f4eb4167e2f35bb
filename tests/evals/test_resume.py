"""A run that is killed in the middle and taken up again is the one that was not, with the real assistant."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from assistant.assistant import Assistant
from evals.cases import read_cases, take_cases
from evals.identity import run_settings
from evals.run import run_cases

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "evals" / "datasets" / "samples.jsonl"


def command(samples_data: Path, out: Path, count: int) -> list[str]:
    call = "from assistant.cli import main; main()"
    options = ["--data", str(samples_data), "--out", str(out), "--take", str(count)]
    return [sys.executable, "-c", call, "eval", "run", str(QUESTIONS), *options]


def without_times(lines: bytes) -> list[dict]:
    return [{**json.loads(line), "seconds": 0} for line in lines.splitlines()]


def test_killed_and_resumed_equals_uninterrupted(samples_data: Path, tmp_path: Path, long: bool) -> None:
    count, kill_at = (120, 60) if long else (24, 12)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UTBLICK_")}
    environment["PYTHONPATH"] = str(ROOT)
    running, answers = tmp_path / "killed", tmp_path / "killed" / "answers.jsonl"
    asking = subprocess.Popen(
        command(samples_data, running, count), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 300
    while not answers.exists() or answers.read_bytes().count(b"\n") < kill_at:
        assert asking.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    asking.send_signal(signal.SIGKILL)
    asking.wait()
    kept = answers.read_bytes()
    done = kept.count(b"\n")
    assert kill_at <= done < count
    # As if it had been killed in the middle of a line.
    answers.write_bytes(kept + b'{"id": "s0')
    resumed = subprocess.run(
        command(samples_data, running, count), env=environment, capture_output=True, text=True, check=True
    )
    assert re.search(rf"^{done} of {count} questions are done already$", resumed.stderr, re.MULTILINE)
    assert answers.read_bytes().startswith(kept)
    cases = take_cases(read_cases(QUESTIONS), count)
    whole = tmp_path / "whole"
    assistant = Assistant.open(samples_data, repeatable=True)
    run_cases(cases, assistant, whole, settings=run_settings(assistant), quiet=True)
    assistant.close()
    assert without_times(answers.read_bytes()) == without_times((whole / "answers.jsonl").read_bytes())
    for name in ("run.json", "cases.jsonl"):
        assert (running / name).read_bytes() == (whole / name).read_bytes()
    assert {path.name for path in running.iterdir()} >= {"report.json", "report.md", "report.html", "store.json"}
    efforts = [json.loads(line) for line in (running / "effort.jsonl").read_text("utf-8").splitlines()]
    assert [effort["id"] for effort in efforts] == [case.id for case in cases]
