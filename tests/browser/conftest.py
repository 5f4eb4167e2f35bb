import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus
from assistant.settings import Settings
from assistant.ui_state import Answering

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE_TITLE = 'Plan 2024 &lt;script&gt;window.harmed = 1&lt;/script&gt; &lt;img src=x onerror="window.harmed = 2"&gt;'
HOSTILE = f"""<!doctype html><html lang="sv"><head><title>{HOSTILE_TITLE}</title></head>
<body><main><h1>{HOSTILE_TITLE}</h1>
<p>Skurköpings kommun har antagit den här planen för sitt arbete med EU och omvärlden.</p>
<h2>Pengar &lt;b onclick="window.harmed = 4"&gt;till&lt;/b&gt; {{{{constructor}}}}</h2>
<p>Skurköpings kommun fick 17 miljoner kronor i EU-stöd 2024 &lt;img src=x onerror="window.harmed = 5"&gt; och
<a href="javascript:window.harmed=6">mer pengar</a> ${{window.harmed = 7}}
`${{window.harmed = 8}}` {{{{this.constructor}}}}.</p>
<ul><li>Bidraget till
&lt;svg onload="window.harmed = 9"&gt;&lt;/svg&gt; hamnen var 3 miljoner kronor.</li></ul>
<table><tr><th>År &lt;img src=x onerror="window.harmed = 12"&gt;</th><th>Stöd</th></tr>
<tr><td>2024</td><td>&lt;img src=x onerror="window.harmed = 13"&gt; 17</td></tr></table>
</main></body></html>
"""


def find_chromium() -> str | None:
    """Debian's Chromium or another one on the path."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium or another one on the path; without one the tests are skipped, on CI they fail."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = find_chromium()
    if found is None:
        message = "no Chromium is installed; `apt-get install chromium` gets one"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def served(assistant: Answering, folder: Path | None = None, **options) -> Iterator[str]:
    """The chat on a free port, as `serve` has it, for as long as the block lasts; gives its address."""
    import uvicorn

    from assistant.ui import make_app
    from assistant.ui_server import listen

    listener = listen("127.0.0.1", 0)
    app = make_app(assistant, folder=folder, **options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.started
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def serve_chat() -> Callable:
    """`served`, for tests that bring an assistant of their own."""
    return served


@pytest.fixture(scope="session")
def serving() -> Callable:
    """`served`, for tests that need a page of their own."""
    return served


@pytest.fixture(scope="session")
def assistant_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Answering]]:
    """Makes an assistant over a store of the files in a folder."""
    from assistant.assistant import Assistant
    from vectorstore.embed import SentenceEmbeddings
    from vectorstore.store import Store
    from vectorstore.sync import sync_path

    with ExitStack() as closing:

        def build(folder: Path) -> Answering:
            data = tmp_path_factory.mktemp("data")
            store = Store(data, SentenceEmbeddings.load())
            sync_path(store, folder)
            store.close()
            assistant = Assistant.open(data)
            closing.callback(assistant.close)
            return assistant

        yield build


@pytest.fixture(scope="session")
def assistant(samples_assistant: Answering) -> Answering:
    """The real assistant over the project's samples."""
    return samples_assistant


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the chat at `address` keeps conversations and feedback."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="session")
def address(assistant: Answering, kept: Path) -> Iterator[str]:
    from assistant.library import Library

    settings = Settings(data=kept, library_editors="nobody")
    with served(assistant, kept, settings=settings, library=Library(assistant.store, settings)) as address:
        yield address


@pytest.fixture(scope="session")
def hostile_address(
    assistant_over: Callable[[Path], Answering], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A chat over a document that tries to run script in the reader's browser."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "plan <img src=x onerror=alert(1)> 2024.html").write_text(HOSTILE, "utf-8")
    with served(assistant_over(folder)) as address:
        yield address


class Troubled:
    """The real assistant, except for what some words in a question do.

    `vänta` makes it go on for a minute, `trögt` with seconds between its words, `krascha` breaks it, and questions
    on either side of ` samt ` are answered in one answer with the first citation of each.
    """

    def __init__(self, assistant: Answering) -> None:
        self._assistant = assistant
        self.documents = assistant.documents
        self.document = assistant.document

    def stream(self, question, history=(), scope=None):
        if "krascha" in question:
            raise ValueError("secret detail")
        if "vänta" in question:
            for count in range(600):
                text = f"Steg {count} av svaret."
                yield Answer("x", question, question, "sv", AnswerStatus.ANSWERED, text)
                time.sleep(0.1)
        if "trögt" in question:
            for count in range(5):
                yield Answer("x", question, question, "sv", AnswerStatus.ANSWERED, f"Steg {count} av svaret.")
                time.sleep(3)
        if " samt " in question:
            answers = [self._answer(part, history, scope) for part in question.split(" samt ")]
            citations = [replace(answer.citations[0], marker=number) for number, answer in enumerate(answers, start=1)]
            text = "\n".join(f"- {citation.quote} [{citation.marker}]" for citation in citations)
            yield replace(answers[0], question=question, text=text, citations=tuple(citations))
            return
        last = self._answer(question.replace("ekot", ""), history, scope)
        yield replace(last, text=last.text + "\n\nTidigare: " + "; ".join(turn.question for turn in history))

    def _answer(self, question, history, scope) -> Answer:
        *_, last = self._assistant.stream(question, history, scope)
        return last


@pytest.fixture(scope="session")
def troubled_address(assistant: Answering) -> Iterator[str]:
    with served(Troubled(assistant)) as address:
        yield address


@pytest.fixture
def open_page(chromium) -> Iterator[Callable]:
    """Opens a page of its own browser session; at the end it must have been quiet and asked no other host."""
    contexts, faults = [], []

    def open_(address: str, **options):
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: faults.append(f"error in the page: {error}"))
        page.on("console", lambda message: faults.append(f"console: {message.type} {message.text}"))
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        context.on("request", lambda request: faults.extend(_elsewhere(request.url, address)))
        page.goto(address)
        page.wait_for_selector("#ub-source section")
        page.wait_for_selector(".ub-scope")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def _elsewhere(url: str, address: str) -> list[str]:
    local = url.startswith((address.split("?")[0], "data:", "blob:"))
    return [] if local else [f"request to {re.sub('[?].*', '', url)}"]
