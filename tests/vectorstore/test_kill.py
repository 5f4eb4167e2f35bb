"""What processes that die or run side by side leave behind. `--long` disturbs for minutes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="forks")


def run_program(name, scenario, folder, *arguments):
    program = Path(__file__).with_name(name)
    command = [sys.executable, str(program), scenario, str(folder), *map(str, arguments)]
    completed = subprocess.run(command, capture_output=True, timeout=1200)
    assert completed.returncode == 0, completed.stderr.decode()
    return json.loads(completed.stdout)


def test_twenty_kills_leave_what_an_undisturbed_ingest_leaves(tmp_path):
    result = run_program("subject.py", "kill", tmp_path)
    assert result["killed"] == 20
    assert len(result["clean"]["files"]) >= 30
    assert result["survivor"] == result["clean"]
    assert result["survivor"]["integrity"] is None
    assert result["survivor"]["difference"] == [0, 0]


def test_ten_readers_see_whole_documents_while_one_process_writes(tmp_path, long):
    result = run_program("subject.py", "readers", tmp_path, 60 if long else 8)
    assert result["writes"] >= (10 if long else 2)
    assert len(result["readers"]) == 10
    for reader in result["readers"]:
        assert reader["error"] is None
        assert reader["torn"] == []
        assert reader["deleted"] == []
        assert reader["reads"] >= (20 if long else 2)
    assert result["after"] == [0, 0]


def test_after_kills_and_damage_a_repaired_store_finds_what_an_undisturbed_one_finds(tmp_path, long):
    result = run_program("disturb.py", "changes", tmp_path, 50 if long else 8)
    assert result["kills"] == (50 if long else 8)
    assert result["steps"] >= 2 * result["kills"]
    for seen in result["seen"]:
        assert not seen["lost"], "what was acknowledged is not there, or half of a change is"
        assert seen["failed"] == []
        assert seen["other"] == []
        assert seen["embedded"] == 0
    assert len({seen["damage"] for seen in result["seen"]}) >= 3


def test_a_killed_rebuild_leaves_the_former_vectors_or_the_new_ones(tmp_path, long):
    result = run_program("disturb.py", "rebuild", tmp_path, 50 if long else 4)
    for seen in result["seen"]:
        assert seen["other"] == []
        assert seen["failed"] == []
        assert seen["watcher"] == []
    assert any(seen["model"] == seen["before"] for seen in result["seen"])
    assert any(seen["model"] != seen["before"] for seen in result["seen"]) or not long
    assert result["reads"] > 0


def test_a_killed_backup_leaves_the_former_one_whole_or_the_new_one(tmp_path, long):
    result = run_program("disturb.py", "backup", tmp_path, 50 if long else 10)
    assert result["unusable"] == []
    assert result["left"] == 0


def test_a_killed_restore_leaves_the_former_store_or_the_restored_one(tmp_path, long):
    result = run_program("disturb.py", "restore", tmp_path, 50 if long else 4)
    for seen in result["seen"]:
        assert seen["holds"] in (seen["before"], seen["restored"])
        assert seen["holds"] is None or (seen["failed"], seen["other"]) == ([], [])
    assert {seen["holds"] for seen in result["seen"]} >= {"first", "second"} or not long
    assert result["left"] == []
