import subprocess
import sys

import pytest

import evals


def test_the_public_names_are_these() -> None:
    assert evals.__all__ == [
        "Case",
        "Report",
        "evaluate_retrieval",
        "measure_run",
        "read_answers",
        "read_cases",
        "run_cases",
        "write_reports",
    ]
    assert all(callable(getattr(evals, name)) for name in evals.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'read_case'"):
        _ = evals.read_case  # type: ignore[attr-defined]


def test_the_errors_can_be_imported_without_anything_heavy() -> None:
    code = "import sys, evals.errors; print([name for name in ('numpy', 'jinja2', 'pydantic') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
