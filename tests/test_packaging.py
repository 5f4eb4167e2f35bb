"""What is installed: five packages of generic names, which must be ours, with their data and without the tests."""

import importlib
import importlib.util
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["assistant", "evals", "ingest", "prompts", "vectorstore"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_is_this_projects(name: str) -> None:
    found = importlib.util.find_spec(name)
    assert found is not None and found.origin is not None
    assert Path(found.origin) == ROOT / name / "__init__.py"


def test_no_folder_of_tests_can_shadow_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="utblick")
    assert command.value == "assistant.cli:main"
    assert version("utblick") == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from a copy so that the checkout stays clean and nothing left over from a build gets in."""
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["build-backend"]
    pytest.importorskip(backend, reason=f"{backend} is needed to build the wheel")
    source = tmp_path_factory.mktemp("source") / "utblick"
    source.mkdir()
    for name in [*PACKAGES, "tests"]:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    out = tmp_path_factory.mktemp("wheel")
    code = f"import {backend} as backend; backend.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True)
    (built,) = out.glob("utblick-*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    held = set(wheel.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - held == set()
    assert {
        "assistant/weights.json", "assistant/static/shell.css", "assistant/static/chat.js", "assistant/py.typed",
        "evals/datasets/samples.jsonl", "evals/templates/report.html.jinja", "prompts/answer.sv.jinja",
        "prompts/answer.en.jinja", "ingest/py.typed", "vectorstore/py.typed",
    } <= held  # fmt: skip


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {*PACKAGES, f"utblick-{version('utblick')}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_every_dependency_has_a_lower_and_an_upper_bound_or_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [entry for group in project["optional-dependencies"].values() for entry in group]
    loose = [
        entry
        for entry in project["dependencies"] + extras
        if "==" not in entry and not (">=" in entry and "<" in entry)
    ]
    assert loose == []
