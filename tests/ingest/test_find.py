import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.find import find_files, location_of, path_of, printable


def found(folder):
    return [path.relative_to(folder).as_posix() for path in find_files(folder).files]


def test_hidden_and_lock_files_are_passed_over(tmp_path):
    for name in ("b.md", "a.md", ".hidden.md", "~$a.docx", "documents.toml", ".git/config", "sub/c.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert found(tmp_path) == ["a.md", "b.md", "sub/c.md"]


def test_a_folder_behind_a_link_is_read_once_and_under_its_own_path(tmp_path):
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "plan.md").touch()
    (tmp_path / "a").symlink_to(tmp_path / "z")
    (tmp_path / "z" / "up").symlink_to(tmp_path)
    assert found(tmp_path) == ["z/plan.md"]


def test_links_that_lead_nowhere_are_files_that_cannot_be_opened(tmp_path):
    (tmp_path / "a.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b.md").symlink_to(tmp_path / "b.md")
    assert found(tmp_path) == ["a.md", "b.md"]


def test_nothing_is_found_where_there_is_nothing(tmp_path):
    assert find_files(tmp_path / "nowhere").files == ()
    assert find_files(tmp_path).files == ()


def test_a_folder_that_may_not_be_entered_is_told_of(tmp_path):
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0)
    root, user = os.geteuid() == 0, 65534
    folders = [folder for folder in (tmp_path, *tmp_path.parents) if not folder.stat().st_mode & 1]
    modes = [folder.stat().st_mode for folder in folders]
    for folder in folders if root else []:
        folder.chmod(0o755)
    if root:
        os.seteuid(user)
    try:
        result = find_files(tmp_path)
    finally:
        if root:
            os.seteuid(0)
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(mode)
        (tmp_path / "closed").chmod(0o755)
    assert result.files == ()
    assert [(folder.name, reason) for folder, reason in result.closed] == [("closed", "Permission denied")]


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"/" not in name and b"\0" not in name))
def test_every_path_comes_back_from_what_is_stored(name):
    path = Path(os.fsdecode(b"/folder/" + name))
    location = location_of(path)
    location.encode("utf-8")
    assert path_of(location) == path


@pytest.mark.parametrize(
    ("relative", "shown"),
    [
        ("a/b.pdf", "a/b.pdf"),
        ("a\u030ar.pdf", "år.pdf"),
        ("rad\nbrytning.pdf", "rad\ufffdbrytning.pdf"),
        (os.fsdecode(b"m\xe5l.pdf"), "mål.pdf"),
    ],
)
def test_names_are_shown_so_that_they_can_be_read(relative, shown):
    assert printable(relative) == shown
