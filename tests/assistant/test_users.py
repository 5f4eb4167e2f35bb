import json
import os
import stat
import time
from pathlib import Path

import pytest

from assistant.errors import UsersError
from assistant.users import LEAST_CHARACTERS, Users, normal_name

PASSWORD = "korrekt häst batteri"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    made = Users(tmp_path / "data" / "users.json")
    made.put("Anna", PASSWORD)
    return made


def test_a_user_is_known_by_name_and_password(users: Users) -> None:
    stamp = users.verify("anna", PASSWORD)
    assert stamp and stamp == users.stamp("anna")
    assert users.verify(" ANNA ", PASSWORD) == stamp
    assert users.verify("anna", "korrekt ha\u0308st batteri") == stamp
    assert users.names() == ["anna"]


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "fel lösenord"), ("anna", ""), ("bo", PASSWORD), ("", ""), ("anna", "x" * 10_000)]
)
def test_others_are_not_let_in(users: Users, name: str, password: str) -> None:
    assert users.verify(name, password) is None


def test_passwords_are_hashed_with_argon2id_in_a_file_for_its_owner_only(users: Users, tmp_path: Path) -> None:
    file = tmp_path / "data" / "users.json"
    text = file.read_text()
    assert PASSWORD not in text
    assert json.loads(text)["users"]["anna"].startswith("$argon2id$")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_password_gives_another_stamp_and_the_former_no_longer_holds(users: Users) -> None:
    before = users.stamp("anna")
    assert users.put("anna", "ett annat lösenord") is False
    assert users.stamp("anna") != before
    assert users.verify("anna", PASSWORD) is None
    assert users.put("bo", PASSWORD) is True
    assert users.stamp("bo") not in (before, users.stamp("anna"))


def test_a_change_by_another_process_is_seen(users: Users, tmp_path: Path) -> None:
    assert users.verify("bo", PASSWORD) is None
    Users(tmp_path / "data" / "users.json").put("bo", PASSWORD)
    assert users.verify("bo", PASSWORD)
    users.remove("anna")
    assert users.stamp("anna") is None
    with pytest.raises(UsersError, match="there are: bo"):
        users.remove("anna")


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a,b", "x" * 65, "<b>"])
def test_names_that_cannot_be_told_apart_are_refused(users: Users, name: str) -> None:
    with pytest.raises(UsersError, match="name"):
        users.put(name, PASSWORD)


@pytest.mark.parametrize("password", ["", "x" * (LEAST_CHARACTERS - 1), "x" * 1001])
def test_passwords_have_a_length(users: Users, password: str) -> None:
    with pytest.raises(UsersError, match=str(LEAST_CHARACTERS)):
        users.put("bo", password)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"users": []}', '{"people": {}}'])
def test_a_damaged_file_lets_nobody_in_and_says_so(users: Users, tmp_path: Path, content: str) -> None:
    time.sleep(0.01)
    (tmp_path / "data" / "users.json").write_text(content)
    os.utime(tmp_path / "data" / "users.json")
    with pytest.raises(UsersError, match="users add"):
        users.verify("anna", PASSWORD)


def test_without_a_file_there_are_no_users(tmp_path: Path) -> None:
    assert Users(tmp_path / "none.json").names() == []
    assert Users(tmp_path / "none.json").verify("anna", PASSWORD) is None


def test_names_have_one_spelling() -> None:
    assert normal_name(" \uff21nna ") == "anna"
    assert normal_name("A\u030asa") == normal_name("Åsa")
