from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a settings file, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"UTBLICK_{name.upper()}", raising=False)
    return tmp_path


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(elsewhere: Path, monkeypatch) -> None:
    assert load_settings().top_k == 8
    (elsewhere / "utblick.toml").write_text("top_k = 3\nlanguage = 'en'\n")
    assert load_settings().top_k == 3
    monkeypatch.setenv("UTBLICK_TOP_K", "4")
    assert load_settings().top_k == 4
    assert load_settings(top_k=5).top_k == 5
    assert load_settings(top_k=None).top_k == 4
    assert load_settings().language == "en"


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("UTBLICK_TOPK", "3", "UTBLICK_TOP_K?"),
        ("UTBLICK_MODELL", "x", "UTBLICK_MODEL?"),
        ("utblick_topk", "3", "utblick_topk"),
        ("UTBLICK_QQQQQQ", "1", "known: UTBLICK_ALLOW"),
    ],
)
def test_a_misspelt_variable_is_reported_with_the_nearest_known(monkeypatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert name in str(raised.value) and said in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("topk = 3", "did you mean top_k?"),
        ("top_k = 0", "greater than or equal to 1"),
        ("top_k = 'x'", "valid integer"),
        ("port = 70000", "less than or equal to 65535"),
        ("language = 'fi'", "language"),
        ("model = ''", "model"),
        ("top_k == 3", "cannot be read"),
        ("top_k = 'å", "cannot be read"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(elsewhere: Path, content: str, said: str) -> None:
    (elsewhere / "utblick.toml").write_text(content, "latin-1")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert said in str(raised.value)
    assert str(elsewhere / "utblick.toml") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_problem_is_named_at_once(elsewhere: Path, monkeypatch) -> None:
    (elsewhere / "utblick.toml").write_text("topk = 3\nport = -1\n")
    monkeypatch.setenv("UTBLICK_MODEL_TIMEOUT", "soon")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert all(name in str(raised.value) for name in ("topk", "port", "model_timeout"))


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().top_k = 3  # type: ignore[misc]
