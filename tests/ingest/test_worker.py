import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import IngestError, NeedsOcr, TooLarge, UnreadableFile
from ingest.limits import Limits
from ingest.load import load_file
from ingest.worker import LoadWorker, TimedOut, _OurClasses

MISCHIEF = """
import os, time, signal, ingest.load
honest = ingest.load.load_file
def load_file(path, document_id, **options):
    name = path.stem
    if name.startswith("hang"): time.sleep(60)
    if name.startswith("busy"):
        while True: pass
    if name.startswith("crash"): os.kill(os.getpid(), signal.SIGSEGV)
    if name.startswith("abort"): os.abort()
    if name.startswith("start"):
        import subprocess
        path.with_suffix(".pid").write_text(str(subprocess.Popen(["sleep", "60"]).pid))
        time.sleep(60)
    if name.startswith("exit"): os._exit(0)
    if name.startswith("fill"): return bytearray(10**9) and None
    if name.startswith("raise"): raise ZeroDivisionError("a parser's mistake")
    if name.startswith("deep"): return load_file(path, document_id, **options)
    if name.startswith("print"):
        print("noise" * 1000, flush=True)
        os.write(1, b"more noise")
    if name.startswith("once") and not path.with_suffix(".seen").exists():
        path.with_suffix(".seen").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return honest(path, document_id, **options)
ingest.load.load_file = load_file
from ingest.worker import serve; serve()
"""


class MischievousWorker(LoadWorker):
    """Reads as usual, but for files whose names say otherwise."""

    _program = MISCHIEF


@pytest.fixture
def worker():
    with MischievousWorker(Limits(max_seconds=5, max_memory=700 * 2**20)) as worker:
        yield worker


@pytest.fixture
def file(tmp_path):
    def make(name):
        path = tmp_path / f"{name}.md"
        path.write_text("# Plan 2021\n\nNämnden ska samarbeta med städer i andra länder, å ä ö.\n", "utf-8")
        return path

    return make


def test_a_document_comes_through_as_it_was_read(worker, file):
    path = file("plan")
    assert worker.load_file(path, "a/plan.md") == load_file(path, "a/plan.md")


def test_one_process_serves_all_files(worker, file):
    worker.load_file(file("a"), "a.md")
    process = worker._process.pid
    worker.load_file(file("b"), "b.md")
    assert worker._process.pid == process


def test_nothing_is_started_before_a_file_comes_and_nothing_is_left(file):
    with LoadWorker() as worker:
        assert worker._process is None
        worker.load_file(file("a"), "a.md")
        process = worker._process
    assert process.poll() is not None


def test_the_reader_s_own_errors_come_through(worker, file, tmp_path):
    empty = tmp_path / "empty.md"
    empty.write_bytes(b"")
    with pytest.raises(UnreadableFile) as raised:
        worker.load_file(empty, "empty.md")
    with pytest.raises(UnreadableFile) as expected:
        load_file(empty, "empty.md")
    assert str(raised.value) == str(expected.value)
    picture = tmp_path / "scan.pdf"
    canvas = Canvas(str(picture))
    canvas.rect(10, 10, 100, 100)
    canvas.showPage()
    canvas.save()
    with pytest.raises(NeedsOcr):
        worker.load_file(picture, "scan.pdf")


@pytest.mark.parametrize("name", ["hang", "busy"])
def test_a_file_that_takes_too_long_is_given_up(file, name):
    with MischievousWorker(Limits(max_seconds=0.6)) as worker:
        began = time.monotonic()
        with pytest.raises(TimedOut, match=rf"{name}\.md was not read within 0\.6 s"):
            worker.load_file(file(name), f"{name}.md")
        assert time.monotonic() - began < 3
        assert TimedOut.outcome == "timed_out"
        worker.limits = Limits()
        assert worker.load_file(file("a"), "a.md").pages


@pytest.mark.parametrize("name", ["crash", "exit"])
def test_a_crash_is_that_file_s_fate_alone(worker, file, name):
    worker.load_file(file("a"), "a.md")
    with pytest.raises(UnreadableFile, match="broke down"):
        worker.load_file(file(name), f"{name}.md")
    assert worker.load_file(file("b"), "b.md").id == "b.md"


def test_a_file_is_tried_again_where_the_process_may_have_died_of_an_earlier_one(worker, file):
    worker.load_file(file("a"), "a.md")
    assert worker.load_file(file("once"), "once.md").id == "once.md"


def test_memory_is_limited(worker, file):
    with pytest.raises(TooLarge, match="700 MB of memory"):
        worker.load_file(file("fill"), "fill.md")
    assert worker.load_file(file("b"), "b.md").id == "b.md"


@pytest.mark.parametrize(("name", "told"), [("raise", "ZeroDivisionError"), ("deep", "RecursionError")])
def test_whatever_a_parser_raises_is_reported(worker, file, name, told):
    with pytest.raises(UnreadableFile, match=told):
        worker.load_file(file(name), f"{name}.md")


def test_what_a_parser_prints_does_not_disturb(worker, file):
    assert worker.load_file(file("print"), "print.md").id == "print.md"


def test_an_interrupt_leaves_no_process(worker, file, monkeypatch):
    worker.load_file(file("a"), "a.md")
    process = worker._process

    def interrupt(stream):
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.worker._receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        worker.load_file(file("b"), "b.md")
    assert process.poll() is not None


def test_ctrl_c_at_the_terminal_is_for_the_one_that_asked(worker, file):
    worker.load_file(file("a"), "a.md")
    worker._process.send_signal(signal.SIGINT)
    process = worker._process
    worker.load_file(file("b"), "b.md")
    assert worker._process is process


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
def test_what_a_reader_started_ends_with_it(file, tmp_path):
    with MischievousWorker(Limits(max_seconds=1)) as worker, pytest.raises(TimedOut):
        worker.load_file(file("start"), "start.md")
    child = int((tmp_path / "start.pid").read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _runs(child):
        time.sleep(0.05)
    assert not _runs(child)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
def test_the_process_ends_with_the_one_that_started_it(file):
    program = (
        "import sys, time; from pathlib import Path; from ingest.worker import LoadWorker;"
        "worker = LoadWorker(); worker.load_file(Path(sys.argv[1]), 'a.md');"
        "print(worker._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(file("a"))], stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _runs(child):
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_working_folder_does_not_decide_what_is_imported(file, tmp_path, monkeypatch):
    (tmp_path / "ingest").mkdir()
    (tmp_path / "ingest" / "__init__.py").write_text("raise SystemExit('taken over')")
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    with LoadWorker() as worker:
        assert worker.load_file(file("a"), "a.md").id == "a.md"


def test_a_web_page_is_fetched_by_the_other_process(worker):
    with pytest.raises(UnreadableFile, match="private"):
        worker.read_web_page("http://127.0.0.1:9/")


def test_the_rules_of_a_site_are_asked_for_once(site):
    pages = [site.put(f"/{number}", f"<main><p>Sida nummer {number}.</p></main>") for number in range(3)]
    with LoadWorker(allow_private=True) as worker:
        read = [worker.read_web_page(page) for page in pages]
        again = worker.read_web_page(pages[0], read[0].source)
    assert [page.document.text for page in read] == [f"Sida nummer {number}." for number in range(3)]
    assert again.document == read[0].document
    assert len(site.asked("/robots.txt")) == 1


@pytest.mark.parametrize("call", [(os.system, ("true",)), (eval, ("1",)), (Path.unlink, ("x",))])
def test_only_documents_come_out_of_a_process(call):
    class Evil:
        def __reduce__(self):
            return call

    with pytest.raises(pickle.UnpicklingError, match="not part of an answer"):
        _OurClasses(__import__("io").BytesIO(pickle.dumps(Evil()))).load()


def test_limits_are_those_that_were_set(tmp_path, file):
    path = tmp_path / "pages.pdf"
    canvas = Canvas(str(path))
    for number in range(5):
        canvas.drawString(100, 100, f"Sida {number}")
        canvas.showPage()
    canvas.save()
    with LoadWorker(Limits(max_pages=5)) as worker:
        assert len(worker.load_file(path, "pages.pdf").pages) == 5
        worker.limits = Limits(max_pages=4)
        with pytest.raises(TooLarge, match="5 pages, the limit is 4"):
            worker.load_file(path, "pages.pdf")
        worker.limits = Limits(max_bytes=100)
        with pytest.raises(TooLarge, match="divide"):
            worker.load_file(path, "pages.pdf")
        worker.limits = Limits(max_decompressed=10_000_000)
        package = tmp_path / "bomb.docx"
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("word/document.xml", b" " * 20_000_000)
        assert package.stat().st_size < 100_000
        with pytest.raises(TooLarge, match="unpacks to more than 9 MB"):
            worker.load_file(package, "bomb.docx")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="tells the end by the signal")
def test_a_reader_that_gets_no_more_memory_is_told_from_one_that_breaks_down(worker, file):
    with pytest.raises(TooLarge, match="more than 700 MB of memory"):
        worker.load_file(file("abort"), "abort.md")
    with pytest.raises(UnreadableFile, match="broke down"):
        worker.load_file(file("crash"), "crash.md")


def test_every_outcome_is_one_of_the_contract():
    known = {"needs_ocr", "needs_password", "unreadable", "unsupported", "too_large", "timed_out"}
    assert {kind.outcome for kind in [*IngestError.__subclasses__(), IngestError]} <= known
