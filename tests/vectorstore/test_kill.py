"""What processes that die or run side by side leave behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="forks")


def run_subject(scenario, folder):
    program = Path(__file__).with_name("subject.py")
    completed = subprocess.run([sys.executable, str(program), scenario, str(folder)], capture_output=True, timeout=200)
    assert completed.returncode == 0, completed.stderr.decode()
    return json.loads(completed.stdout)


def test_twenty_kills_leave_what_an_undisturbed_ingest_leaves(tmp_path):
    result = run_subject("kill", tmp_path)
    assert result["killed"] == 20
    assert len(result["clean"]["files"]) >= 30
    assert result["survivor"] == result["clean"]
    assert result["survivor"]["integrity"] is None
    assert result["survivor"]["difference"] == [0, 0]


def test_four_readers_see_whole_documents_while_one_process_writes(tmp_path):
    result = run_subject("readers", tmp_path)
    assert result["writes"] >= 5
    for reader in result["readers"]:
        assert reader["error"] is None
        assert reader["torn"] == []
        assert reader["deleted"] == []
        assert reader["reads"] >= 20
    assert result["after"] == [0, 0]
