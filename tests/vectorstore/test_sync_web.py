"""Web pages in the store, fetched by the real worker from real servers on this machine."""

from contextlib import nullcontext

import pytest

from ingest.document import Fact, Field
from ingest.worker import LoadWorker
from vectorstore import sync_web
from vectorstore.outcome import FAILURES
from vectorstore.sync import sync_path
from vectorstore.sync_web import stored_addresses, sync_addresses

ENERGY = "<main><h1>Energiplan 2023</h1><p>Staden ska minska sin användning av energi till 2030.</p></main>"
SCHOOL = "<main><h1>Skolplan 2022</h1><p>Skolorna ska samarbeta med skolor i andra länder.</p></main>"


@pytest.fixture(scope="module")
def workers():
    """Two workers for all tests, as starting one takes longer than most of them."""
    with LoadWorker() as strict, LoadWorker(allow_private=True) as lenient:
        yield {False: strict, True: lenient}


@pytest.fixture(autouse=True)
def shared_worker(workers, monkeypatch):
    monkeypatch.setattr(sync_web, "LoadWorker", lambda limits, *, allow_private: nullcontext(workers[allow_private]))


@pytest.fixture
def sync(store):
    def run(*addresses, **options):
        outcomes = sync_addresses(store, addresses, allow_private=True, **options)
        return outcomes[0] if len(outcomes) == 1 else outcomes

    return run


def listed(store):
    return [record.id for record in store.catalog.records()]


def marked(body, etag):
    """A page that is not sent again to who has it."""
    return lambda asked: (
        (304, {"ETag": etag}, b"") if asked.get("if-none-match") == etag else (200, {"ETag": etag}, body.encode())
    )


def test_a_page_is_ingested_unchanged_and_changed(site, store, sync):
    address = site.put("/plan", ENERGY)
    first = sync(address)
    assert (first.outcome, first.path, first.document, first.pages, first.reason) == (
        "ingested", address, address, 1, None
    )  # fmt: skip
    state = store.catalog.state
    assert sync(f"{address}#del").outcome == "unchanged"
    assert store.catalog.state == state
    site.put("/plan", SCHOOL)
    assert sync(address).outcome == "ingested"
    assert listed(store) == [address]
    assert "Skolorna" in store.catalog.page_text(address, 1)


def test_an_unchanged_page_is_neither_sent_nor_read(site, store, sync):
    address = site.put("/plan")
    site.answers["/plan"] = marked(ENERGY, '"ett"')
    assert sync(address).outcome == "ingested"
    assert "if-none-match" not in site.asked("/plan")[-1]
    again = sync(address)
    assert (again.outcome, again.document) == ("unchanged", address)
    assert site.asked("/plan")[-1]["if-none-match"] == '"ett"'
    assert sync(address, reread=True).outcome == "ingested"
    assert "if-none-match" not in site.asked("/plan")[-1]
    site.answers["/plan"] = marked(SCHOOL, '"två"'.replace("å", "a"))
    assert sync(address).outcome == "ingested"
    assert sync(address).outcome == "unchanged"
    assert site.asked("/plan")[-1]["if-none-match"] == '"tva"'


def test_a_page_that_was_removed_is_asked_for_without_condition(site, store, sync):
    address = site.put("/plan")
    site.answers["/plan"] = marked(ENERGY, '"ett"')
    sync(address)
    with store.writing():
        store.remove(address)
    assert sync(address).outcome == "ingested"
    assert listed(store) == [address]
    sync(site.put("/annan", SCHOOL))
    with store.writing():
        store.remove(address)
    sync(site.put("/tredje", SCHOOL.replace("22", "23")))
    assert set(store.catalog.web_pages()) == {f"{site.origin}/annan", f"{site.origin}/tredje"}


def test_the_same_page_under_two_addresses_is_stored_once(site, store, sync):
    first, second = site.put("/plan", ENERGY), site.put("/plan?utm=brev", f"<!-- {'x' * 9} -->{ENERGY}")
    outcomes = sync(first, second)
    assert [(outcome.outcome, outcome.document) for outcome in outcomes] == [("ingested", first), ("duplicate", first)]
    assert [outcome.outcome for outcome in sync(second, first)] == ["unchanged", "unchanged"]
    assert stored_addresses(store) == [first, second]
    site.put("/plan", SCHOOL)
    assert sync(first).outcome == "ingested"
    assert listed(store) == [first, second]
    assert "energi" in store.catalog.page_text(second, 1)
    site.put("/plan?utm=brev", SCHOOL)
    copy = sync(second)
    assert (copy.outcome, copy.document) == ("duplicate", first)
    assert listed(store) == [first]


def test_an_address_that_is_named_twice_is_looked_at_once(site, sync):
    address = site.put("/plan", ENERGY)
    assert sync(address, f" {address}#del", address.replace("http", "HTTP")).outcome == "ingested"
    assert len(site.asked("/plan")) == 1


def test_a_redirect_that_leads_elsewhere(site, other_site, store, sync):
    other_site.answers["/ny"] = marked(ENERGY, '"ett"')
    site.answers["/plan"] = marked(ENERGY, '"ett"')
    start = site.put("/start", status=302, Location="/plan")
    assert sync(start).outcome == "ingested"
    assert store.catalog.document(start).fact(Field.ADDRESS) == f"{site.origin}/plan"
    assert sync(start).outcome == "unchanged"
    assert site.asked("/plan")[-1]["if-none-match"] == '"ett"'
    site.put("/start", status=301, Location=f"{other_site.origin}/ny")
    moved = sync(start)
    assert (moved.outcome, moved.document) == ("renamed", start)
    assert moved.reason == f"It is found at {other_site.origin}/ny now."
    assert "if-none-match" not in other_site.asked("/ny")[0]
    assert store.catalog.document(start).fact(Field.ADDRESS) == f"{other_site.origin}/ny"
    assert sync(start).outcome == "unchanged"
    assert other_site.asked("/ny")[-1]["if-none-match"] == '"ett"'
    assert listed(store) == [start]


@pytest.mark.parametrize(("status", "told"), [(404, "utblick remove"), (410, "utblick remove"), (500, "kept.")])
def test_a_page_that_is_gone_is_kept_and_reported(site, store, sync, status, told):
    address = site.put("/plan", ENERGY)
    sync(address)
    site.put("/plan", status=status)
    for _ in range(2):
        outcome = sync(address)
        assert (outcome.outcome, outcome.document) == ("unreadable", address)
        assert f"answered {status}" in outcome.reason
        assert "What was read of it earlier is kept" in outcome.reason and told in outcome.reason
    assert "energi" in store.catalog.page_text(address, 1)
    site.put("/plan", ENERGY)
    assert sync(address).outcome == "unchanged"


def test_a_page_that_turns_empty_keeps_what_was_read(site, store, sync):
    address = site.put("/plan", ENERGY)
    sync(address)
    site.put("/plan", "<!doctype html><div id=root></div><script>x()</script>")
    assert sync(address).outcome == "unreadable"
    assert "energi" in store.catalog.page_text(address, 1)


def test_one_that_fails_does_not_stop_the_others(site, store, sync):
    site.put("/robots.txt", "User-agent: *\nDisallow: /internt\n")
    pages = [site.put("/a", ENERGY), site.origin + "/saknas", site.put("/internt", SCHOOL), "http://[x", "http://finns-inte.invalid/",
             site.put("/b", SCHOOL)]  # fmt: skip
    told = []
    outcomes = sync(*pages, report=lambda outcome, done, total: told.append((outcome, done, total)))
    assert [outcome.outcome for outcome in outcomes] == ["ingested", *["unreadable"] * 4, "ingested"]
    assert all(outcome.reason for outcome in outcomes if outcome.outcome in FAILURES)
    assert "`Disallow: /internt`" in outcomes[2].reason
    assert told == [(outcome, number, 6) for number, outcome in enumerate(outcomes, start=1)]


def test_private_addresses_are_refused_unless_allowed(site, store):
    address = site.put("/plan", ENERGY)
    (outcome,) = sync_addresses(store, [address])
    assert outcome.outcome == "unreadable" and "allow_private_addresses" in outcome.reason
    assert site.requests == []


def test_a_file_and_a_web_page_with_the_same_content(site, store, sync, documents):
    (documents / "a.txt").write_text("Staden ska minska sin användning av energi.\n", "utf-8")
    sync_path(store, documents)
    address = site.put("/a.txt", (documents / "a.txt").read_bytes(), Content_Type="text/plain")
    outcome = sync(address)
    assert (outcome.outcome, outcome.document) == ("duplicate", "a.txt")
    assert sync(address).outcome == "unchanged"
    (documents / "a.txt").unlink()
    sync_path(store, documents, force=True)
    assert listed(store) == [address]


def test_what_is_stated_of_a_page_stays_when_it_is_read_again(site, store, sync):
    address = site.put("/plan", ENERGY)
    sync(address)
    with store.writing():
        store.restate(address, [Fact(Field.ORGANISATION, "Exempelstad", origin="override")])
    assert sync(address, reread=True).outcome == "ingested"
    assert store.catalog.records()[0].organisation == "Exempelstad"
