"""HTML of the jobs that change the library: how far each has come, and what became of each file."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from assistant.access import name_of
from assistant.job import ENDED, Job, JobKind, JobState
from assistant.ui_text import Texts
from vectorstore.outcome import FAILURES, FileOutcome, Outcome

_JOBS = 30
_OUTCOMES = 8


def jobs_html(jobs: Sequence[Job], titles: Mapping[str, str], texts: Texts) -> str:
    """The jobs under way and those that ended, the latest first.

    Args:
        jobs: As `Jobs.all` gives them.
        titles: Titles of documents by identifier.
        texts: In whose language.
    """
    own = texts.library
    busy = sum(job.state not in ENDED for job in jobs)
    # Also told while there is no job, so that the page sees the first one come.
    attributes = f'class="ub-panel ub-jobs-panel" data-working="{"true" if busy else "false"}" data-jobs="{len(jobs)}"'
    if not jobs:
        return f"<section {attributes} hidden></section>"
    items = "".join(_job(job, titles, texts) for job in jobs[:_JOBS])
    left = len(jobs) - _JOBS
    more = f"<p>{escape(own.more_jobs.format(count=left))}</p>" if left > 0 else ""
    status = own.jobs_working.format(count=busy) if busy else own.jobs_idle
    forget = (
        f'<button type="button" class="ub-link" data-event="forget">{escape(own.forget)}</button>'
        if any(job.state in ENDED for job in jobs)
        else ""
    )
    return (
        f'<section {attributes} aria-labelledby="ub-jobs-title"><div class="ub-bar"><h3 id="ub-jobs-title">'
        f'{escape(own.jobs_heading)}</h3>{forget}</div><p role="status" class="ub-muted">{escape(status)}</p>'
        f'<ul class="ub-jobs">{items}</ul>{more}</section>'
    )


def badge(text: str, kind: str, *, working: bool = False) -> str:
    """A word or two on a ground that goes with them: `good`, `some`, `bad` or `none`."""
    turning = ' data-state="working"' if working else ""
    return f'<span class="ub-badge" data-kind="{kind}"{turning}>{escape(text)}</span>'


def details(reason: str | None, texts: Texts) -> str:
    """What the log would say, for whoever manages the installation."""
    if not reason:
        return ""
    return f'<details><summary>{escape(texts.library.details)}</summary><p lang="en">{escape(reason)}</p></details>'


def _job(job: Job, titles: Mapping[str, str], texts: Texts) -> str:
    own = texts.library
    subject = titles.get(job.subject, job.subject) if job.kind == JobKind.REMOVAL else job.subject
    name = name_of(job.user)
    by = f' <span class="ub-muted">{escape(own.by.format(name=name))}</span>' if name else ""
    cancel = (
        f'<button type="button" class="ub-button ub-small" data-event="cancel" data-job="{job.id}" '
        f' aria-label="{escape(own.cancel_name.format(subject=subject))}">'
        f"{escape(own.cancel)}</button>"
        if job.state not in ENDED
        else ""
    )
    return (
        f'<li data-state="{job.state.value}"><div class="ub-job-head"><span class="ub-job-name">'
        f'<span class="ub-muted">{escape(own.kinds[job.kind])}</span> <strong>{escape(subject)}</strong>{by}</span>'
        f"{cancel}</div>{''.join(_told(job, texts))}</li>"
    )


def _told(job: Job, texts: Texts) -> Iterator[str]:
    """What is said of a job: how far it has come, or what became of it."""
    own = texts.library
    if job.state not in ENDED:
        yield badge(
            own.states[job.state],
            "some" if job.state == JobState.HELD_UP else "none",
            working=job.state == JobState.WORKING,
        )
        if job.kind == JobKind.FOLDER and job.total:
            progress = own.progress.format(done=job.done, total=job.total)
            yield f'<progress max="{job.total}" value="{job.done}" aria-label="{escape(progress)}"></progress>'
            reading = f" {own.reading.format(name=job.current)}" if job.current else ""
            yield f"<p>{escape(progress)}.{escape(reading)}</p>"
    elif job.state == JobState.FAILED:
        yield badge(own.states[job.state], "bad")
        broke = own.job_broke.format(reference=job.reference) if job.reference else own.job_failed
        yield f"<p>{escape(broke)}</p>{details(job.error, texts)}"
    elif job.state == JobState.CANCELLED or (job.kind == JobKind.FOLDER and not job.outcomes):
        yield badge(own.states[job.state], "none" if job.state == JobState.CANCELLED else "good")
        if job.kind == JobKind.FOLDER and job.state == JobState.DONE:
            yield f"<p>{escape(own.nothing_changed)}</p>"
    if job.kind == JobKind.FOLDER and job.outcomes:
        yield _folder_outcomes(job, texts)
    elif job.kind != JobKind.FOLDER:
        for outcome in job.outcomes:
            yield _outcome(outcome, job, texts)
        if not job.outcomes and job.state == JobState.DONE and job.unchanged:
            yield badge(own.outcomes[Outcome.UNCHANGED], "none")


def _folder_outcomes(job: Job, texts: Texts) -> str:
    """What became of the files of a folder: the failures first, then the rest, and how many were unchanged."""
    own = texts.library
    ordered = sorted(job.outcomes, key=lambda outcome: outcome.outcome not in FAILURES)
    items = "".join(
        f"<li><span>{escape(outcome.path)}</span> {_outcome(outcome, job, texts)}</li>"
        for outcome in ordered[:_OUTCOMES]
    )
    left = len(ordered) - _OUTCOMES
    more = f"<li>{escape(own.more_outcomes.format(count=left))}</li>" if left > 0 else ""
    unchanged = f"<li>{escape(own.unchanged.format(count=job.unchanged))}</li>" if job.unchanged else ""
    return f'<ul class="ub-outcomes">{items}{more}{unchanged}</ul>'


def _outcome(outcome: FileOutcome, job: Job, texts: Texts) -> str:
    """What became of a file, and what to do where it could not be read."""
    own = texts.library
    failed = outcome.outcome in FAILURES
    kind = "bad" if failed else "good" if outcome.outcome == Outcome.INGESTED else "none"
    said = []
    if failed:
        web = job.kind == JobKind.ADDRESS and outcome.outcome == Outcome.UNREADABLE
        said.append(own.address_unreadable if web else own.explanations[outcome.outcome])
    if job.kind == JobKind.UPLOAD and not failed and outcome.path != job.subject:
        said.append(own.stored_as.format(name=outcome.path))
    if outcome.outcome == Outcome.DUPLICATE and outcome.document:
        said.append(own.same_as.format(document=outcome.document))
    if outcome.outcome == Outcome.INGESTED and job.kind != JobKind.FOLDER and outcome.pages is not None:
        said.append(own.ready.format(pages=texts.count_pages(outcome.pages)))
    if outcome.outcome == Outcome.INGESTED and outcome.reason:
        said.append(own.unread_pages)
    told = f"<p>{escape(' '.join(said))}</p>" if said else ""
    return badge(own.outcomes[outcome.outcome], kind) + told + (details(outcome.reason, texts) if failed else "")
