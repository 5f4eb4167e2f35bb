import threading
from collections.abc import Iterator

import pytest

from assistant.job import JobKind, JobState
from assistant.jobs import KEPT, Cancelled, Jobs
from vectorstore.errors import StoreLocked, StoreUnwritable
from vectorstore.outcome import FileOutcome, Outcome

ADDED = FileOutcome("a.pdf", Outcome.INGESTED, "a.pdf", 3)
SAME = FileOutcome("b.pdf", Outcome.UNCHANGED, "b.pdf")


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


def submit(jobs, work, **options):
    return jobs.submit(JobKind.UPLOAD, "a.pdf", "name:anna", work, **options)


def test_a_job_tells_what_became_of_each_file(jobs: Jobs) -> None:
    def work(tracker) -> None:
        tracker.start("a.pdf", 0, 2)
        tracker.report(ADDED, 1, 2)
        tracker.report(SAME, 2, 2)

    job = jobs.wait(submit(jobs, work).id, 5)
    assert (job.state, job.done, job.total, job.outcomes, job.unchanged) == (JobState.DONE, 2, 2, (ADDED,), 1)
    assert job.user == "name:anna"
    assert job.ended_at > 0


def test_jobs_are_done_one_after_another_in_their_order(jobs: Jobs) -> None:
    done: list[int] = []
    gate = threading.Event()
    first = submit(jobs, lambda tracker: (gate.wait(5), done.append(1)))
    second = submit(jobs, lambda tracker: done.append(2))
    assert jobs.job(second.id).state == JobState.WAITING
    assert jobs.is_busy()
    gate.set()
    jobs.wait(second.id, 5)
    assert done == [1, 2]
    assert not jobs.is_busy()
    assert [job.id for job in jobs.all()] == [second.id, first.id]


def test_what_fails_does_not_take_the_next_with_it(jobs: Jobs, caplog) -> None:
    def full(tracker) -> None:
        raise StoreUnwritable("The disk is full.")

    def broken(tracker) -> None:
        raise ZeroDivisionError("secret detail")

    failed, broke = submit(jobs, full), submit(jobs, broken)
    after = submit(jobs, lambda tracker: None)
    assert jobs.wait(after.id, 5).state == JobState.DONE
    failed, broke = jobs.job(failed.id), jobs.job(broke.id)
    assert (failed.state, failed.error, failed.reference) == (JobState.FAILED, "The disk is full.", "")
    assert (broke.state, broke.error) == (JobState.FAILED, "")
    assert broke.reference and broke.reference in caplog.text


def test_a_job_that_works_stops_after_the_file_it_reads(jobs: Jobs) -> None:
    reading, gate, seen = threading.Event(), threading.Event(), []

    def work(tracker) -> None:
        reading.set()
        gate.wait(5)
        try:
            tracker.report(ADDED, 1, 9)
        except Cancelled:
            seen.append("stopped")
            raise

    job = submit(jobs, work)
    assert reading.wait(5)
    jobs.cancel(job.id)
    gate.set()
    job = jobs.wait(job.id, 5)
    assert (job.state, job.outcomes, seen) == (JobState.CANCELLED, (ADDED,), ["stopped"])


def test_a_job_that_waits_is_not_begun_and_is_dropped(jobs: Jobs) -> None:
    gate, told = threading.Event(), []
    blocking = submit(jobs, lambda tracker: gate.wait(5))
    waiting = submit(jobs, lambda tracker: told.append("done"), drop=lambda: told.append("dropped"))
    jobs.cancel(waiting.id)
    gate.set()
    jobs.wait(blocking.id, 5)
    assert jobs.wait(submit(jobs, lambda tracker: None).id, 5).state == JobState.DONE
    assert (jobs.job(waiting.id).state, told) == (JobState.CANCELLED, ["dropped"])
    jobs.cancel(waiting.id)
    jobs.cancel("no such job")
    assert told == ["dropped"]


def test_while_another_process_writes_a_job_waits_and_says_so(jobs: Jobs, monkeypatch) -> None:
    monkeypatch.setattr("assistant.jobs.RETRY_SECONDS", 0.01)
    tried, held = [], threading.Event()

    def write() -> None:
        tried.append(1)
        if len(tried) < 3:
            raise StoreLocked("Process 7 is writing.")
        held.set()

    states = []

    def work(tracker) -> None:
        tracker.patiently(write)
        states.append(jobs.job(job.id).state)

    job = submit(jobs, work)
    assert held.wait(5)
    assert jobs.wait(job.id, 5).state == JobState.DONE
    assert states == [JobState.HELD_UP]
    assert len(tried) == 3


def test_a_job_that_waits_for_another_process_can_be_cancelled(jobs: Jobs) -> None:
    tried = threading.Event()

    def write() -> None:
        tried.set()
        raise StoreLocked("Process 7 is writing.")

    job = submit(jobs, lambda tracker: tracker.patiently(write))
    assert tried.wait(5)
    jobs.cancel(job.id)
    assert jobs.wait(job.id, 5).state == JobState.CANCELLED


def test_ended_jobs_are_forgotten_when_asked_and_when_they_are_many(jobs: Jobs) -> None:
    for _ in range(KEPT + 5):
        last = submit(jobs, lambda tracker: None)
    jobs.wait(last.id, 10)
    jobs.wait(submit(jobs, lambda tracker: None).id, 10)
    assert len(jobs.all()) == KEPT + 1
    gate = threading.Event()
    working = submit(jobs, lambda tracker: gate.wait(5))
    jobs.forget_ended()
    assert [job.id for job in jobs.all()] == [working.id]
    gate.set()


def test_closing_ends_the_present_job_and_begins_no_other() -> None:
    jobs, done, reading = Jobs(), [], threading.Event()

    def work(tracker) -> None:
        reading.set()
        while True:
            tracker.check()

    submit(jobs, work)
    submit(jobs, lambda tracker: done.append(1), drop=lambda: done.append(2))
    assert reading.wait(5)
    jobs.close()
    assert done == []
