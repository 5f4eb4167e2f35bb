"""The command line in the process of the tests."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant import cli


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)


def caller(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *command: str) -> Callable[..., Run]:
    """Runs `utblick`, or a command of it, and gives what it printed and its exit code."""

    def call(*arguments: str | Path) -> Run:
        monkeypatch.setattr(sys, "argv", ["utblick", *command, *map(str, arguments)])
        capfd.readouterr()
        code: int | str | None = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        out, err = capfd.readouterr()
        return Run(int(code or 0), out, err)

    return call
