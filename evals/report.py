"""Write what was measured: for programs as JSON, for people as Markdown and as one HTML page."""

import json
import re
from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from assistant.answers import Answer
from evals.errors import OutputError
from evals.estimate import Estimate
from evals.measure import Report, Summary
from evals.measures import MEASURES, Measure
from evals.run import Settings
from evals.score import Outcome, Score

OUTCOMES: Mapping[str, str] = {
    Outcome.WRONG.value: "wrong answer",
    Outcome.ANSWERED_UNANSWERABLE.value: "answered, though the documents do not",
    Outcome.NEEDLESS_ABSTENTION.value: "needless abstention",
    Outcome.FAILED.value: "failed",
    Outcome.RIGHT.value: "right",
    Outcome.NOT_JUDGED.value: "not judged",
}
"""Outcomes in words, in the order in which they are worth reading."""

_MARKUP = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|\[(?P<marker>\d{1,3})\]")
_BAR_WIDTH = 120
_IN_GROUPS = (
    "right",
    "wrong",
    "facts_found",
    "right_source_cited",
    "gold_page_cited",
    "needless_abstentions",
    "abstention_recall",
    "seconds_p50",
)


def write_reports(report: Report, out: Path, settings: Settings | None = None) -> None:
    """Write `report.json`, `report.md` and `report.html` into a folder, made when absent.

    Args:
        report: What was measured.
        out: Folder.
        settings: Settings of the run, shown with the results.

    Raises:
        OutputError: The folder cannot be written.
    """
    stated = dict(settings or {})
    texts = {
        "report.json": json.dumps(report_as_json(report, stated), ensure_ascii=False, indent=2) + "\n",
        "report.md": report_as_markdown(report, stated),
        "report.html": report_as_html(report, stated),
    }
    for name, text in texts.items():
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / name).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        except OSError as problem:
            message = f"{out / name}: cannot be written ({problem.strerror}); give another folder to --out"
            raise OutputError(message) from problem


def report_as_json(report: Report, settings: Settings) -> dict[str, Any]:
    """The report as plain data: measures over all questions, by kind, by language, and each question's values."""
    return {
        **_summary_as_json(report.overall),
        "citations": {"total": report.citations, "valid": report.valid_citations},
        "by_kind": {name: _summary_as_json(group) for name, group in report.by_kind.items()},
        "by_language": {name: _summary_as_json(group) for name, group in report.by_language.items()},
        "per_question": [score_as_json(score) for score in report.scores],
        "meanings": {measure.name: f"{measure.title}: {measure.meaning}" for measure in MEASURES},
        "settings": dict(settings),
    }


def _summary_as_json(summary: Summary) -> dict[str, Any]:
    return {
        "questions": summary.questions,
        "outcomes": dict(summary.outcomes),
        "statuses": dict(summary.statuses),
        "measures": {name: asdict(estimate) for name, estimate in summary.measures.items()},
        "stages": {name: {"p50": asdict(p50), "p95": asdict(p95)} for name, (p50, p95) in summary.stages.items()},
    }


def score_as_json(score: Score) -> dict[str, Any]:
    """One question as plain data."""
    return {
        "id": score.case.id,
        "question": score.case.question,
        "kind": score.case.kind,
        "lang": score.case.lang,
        "expects_answer": score.case.expects_answer,
        "status": score.answer.status.value,
        "outcome": score.outcome.value,
        "values": dict(score.values),
        "faults": list(score.faults),
        "framing": score.framing,
        "answer": digest_answer(score.answer),
    }


def digest_answer(answer: Answer) -> str:
    """Identity of what an answer says and cites; its time does not count."""
    said = [answer.status.value, answer.text]
    cited = [[one.marker, one.document, one.page, one.start, one.end, one.quote] for one in answer.citations]
    return sha256(json.dumps([said, cited]).encode()).hexdigest()[:12]


def report_as_markdown(report: Report, settings: Settings) -> str:
    """The report as Markdown: tables, then each question that did not come out right."""
    environment = Environment(
        loader=PackageLoader("evals"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown; the filters below escape it
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"inline": _inline_markdown, "quoted": _quoted_markdown}
    return environment.get_template("report.md.jinja").render(_shown(report, settings))


def report_as_html(report: Report, settings: Settings) -> str:
    """The report as one HTML page that loads nothing from elsewhere."""
    environment = Environment(
        loader=PackageLoader("evals"), undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["formatted"] = _formatted_html
    inline = {
        name: files("evals").joinpath("templates", name).read_text("utf-8") for name in ("report.css", "report.js")
    }
    return environment.get_template("report.html.jinja").render(
        **_shown(report, settings),
        style=Markup(inline["report.css"]),  # noqa: S704 - our own file
        script=Markup(inline["report.js"]),  # noqa: S704 - our own file
        style_hash=_hash(inline["report.css"]),
        script_hash=_hash(inline["report.js"]),
    )


def _shown(report: Report, settings: Settings) -> dict[str, Any]:
    """What both templates show."""
    order = list(OUTCOMES)
    return {
        "report": report,
        "settings": dict(settings),
        "measures": [measure for measure in MEASURES if _is_told(measure, report.overall.measures[measure.name])],
        "in_groups": [measure for measure in MEASURES if measure.name in _IN_GROUPS],
        "groups": {"kind": report.by_kind, "language": report.by_language},
        "outcomes": OUTCOMES,
        "scores": sorted(report.scores, key=lambda score: order.index(score.outcome.value)),
        "value": format_value,
        "interval": format_interval,
        "bars": _bars,
    }


def _is_told(measure: Measure, estimate: Estimate) -> bool:
    """Whether a measure says anything: over no question it does not, nor do the tokens of no language model."""
    return bool(estimate.count) and (measure.unit != "count" or bool(estimate.value))


def _bars(summary: Summary) -> list[dict[str, Any]]:
    """The parts of a bar that shows how a group of questions came out, the right ones first."""
    order = sorted(OUTCOMES, key=lambda outcome: outcome != Outcome.RIGHT.value)
    parts: list[dict[str, Any]] = []
    start = 0.0
    for outcome in order:
        count = summary.outcomes.get(outcome, 0)
        if count:
            width = _BAR_WIDTH * count / summary.questions
            parts.append(
                {"outcome": outcome, "words": OUTCOMES[outcome], "count": count, "start": start, "width": width}
            )
            start += width
    return parts


def format_value(measure: Measure, estimate: Estimate) -> str:
    """A value in words: shares in per cent; a dash where there is none."""
    return "–" if estimate.value is None else _number(measure, estimate.value)


def format_interval(measure: Measure, estimate: Estimate) -> str:
    """Its 95 % interval; empty where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{_number(measure, estimate.low)} to {_number(measure, estimate.high)}"


def _number(measure: Measure, number: float) -> str:
    if measure.unit == "share":
        return f"{100 * number:.1f} %"
    return f"{number:.2f} s" if measure.unit == "seconds" else f"{number:.0f}"


def _inline_markdown(text: str) -> str:
    """Text on one line that means nothing to Markdown but itself; `**` and markers stay."""
    plain = " ".join(text.split()).replace("\\", "\\\\")
    return re.sub(r"([`|#]|(?<=\])[(:\[])", r"\\\1", plain.replace("&", "&amp;").replace("<", "&lt;"))


def _quoted_markdown(text: str) -> str:
    return "\n".join(f"> {_inline_markdown(line)}".rstrip() for line in text.splitlines() or [""])


def _formatted_html(text: str, anchor: str, markers: Collection[int]) -> Markup:
    """An answer's text with its emphasis, and its markers as links to the quotes below it."""

    def replace(match: re.Match[str]) -> str:
        if match["strong"]:
            return f"<strong>{match['strong']}</strong>"
        number = int(match["marker"])
        return f'<a href="#{anchor}-{number}">[{number}]</a>' if number in markers else match[0]

    return Markup(_MARKUP.sub(replace, str(escape(text))))  # noqa: S704 - escaped before anything is put in


def _hash(text: str) -> str:
    """The text as a content security policy names it."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
