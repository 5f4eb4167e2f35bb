"""Measure how well questions are answered and passages found: run, measure, report."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.cases import Case, read_cases
    from evals.collection import evaluate_retrieval
    from evals.measure import Report, measure_run
    from evals.report import write_reports
    from evals.run import read_answers, run_cases

__all__ = [
    "Case",
    "Report",
    "evaluate_retrieval",
    "measure_run",
    "read_answers",
    "read_cases",
    "run_cases",
    "write_reports",
]

_HOMES = {
    "Case": "cases",
    "Report": "measure",
    "evaluate_retrieval": "collection",
    "measure_run": "measure",
    "read_answers": "run",
    "read_cases": "cases",
    "run_cases": "run",
    "write_reports": "report",
}


def __getattr__(name: str) -> object:
    # Late, since `evals.errors` is imported by every command and the rest brings numpy, pydantic and jinja2.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"evals.{_HOMES[name]}"), name)
