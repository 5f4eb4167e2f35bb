"""How long the chat lets people wait: one at a browser, and twenty at once.

    python benchmarks/chat.py [--people 20] [--questions 20]

The samples are ingested into a temporary folder and served as `utblick chat` serves them, in a process of its own.

- *Browser*: from the Enter key to the first words of the answer on screen, in Chromium, by the page's own clock.
- *At once*: so many people, each in a session of their own over HTTP as the browser speaks it, ask at the same moment;
  from asking to the first words and to the end of the answer. Exit code 1 where one of them got no answer.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-c", "from assistant.cli import main; main()"]
PORT = 7931
FIRST_WORDS = """() => new Promise((resolve) => {
  const before = document.querySelectorAll('article').length;
  const box = document.getElementById('ub-question');
  const began = performance.now();
  const watch = new MutationObserver(() => {
    const articles = document.querySelectorAll('article');
    const text = articles.length > before && articles[articles.length - 1].querySelector('.ub-text');
    if (!text || !text.textContent.trim()) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
  });
  watch.observe(document.getElementById('ub-conversation'), { childList: true, subtree: true, characterData: true });
  box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
})"""


@contextmanager
def served() -> Iterator[str]:
    """The chat over the samples; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        ingest = [*COMMAND, "ingest", str(ROOT / "samples"), "--data", folder]
        subprocess.run(ingest, check=True, capture_output=True, env=environment)
        chat = subprocess.Popen(
            [*COMMAND, "chat", "--data", folder, "--port", str(PORT)], env=environment, stderr=subprocess.DEVNULL
        )
        address = f"http://127.0.0.1:{PORT}/"
        try:
            for _ in range(600):
                try:
                    httpx.get(address)
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield address
        finally:
            chat.terminate()
            chat.wait()


def in_browser(address: str, questions: list[str]) -> list[float]:
    """Seconds from Enter to the first words, for each question."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("No Chromium found; scripts/install_chromium.sh installs one.")
    waits = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector(".ub-example")
        for number, question in enumerate(questions, start=1):
            page.fill("#ub-question", question)
            waits.append(page.evaluate(FIRST_WORDS) / 1000)
            page.wait_for_selector(f"article:nth-of-type({number})[data-phase=complete]")
        browser.close()
    return waits


class Person:
    """Somebody with the page open, speaking to the server as the page does."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=60)
        self._session = uuid.uuid4().hex
        self._client.get("")
        config = self._client.get("config").json()
        composer = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "ub-composer")
        self._event = next(
            event for event in config["dependencies"] if [composer, "ask"] in map(list, event["targets"])
        )
        self._composer = composer
        self.first = self.whole = 0.0
        self.error = ""

    def ask(self, question: str, start: threading.Barrier) -> None:
        """Ask when all are ready."""
        asked = {
            "data": [None] * len(self._event["inputs"]),
            "event_data": {"question": question},
            "fn_index": self._event["id"],
            "trigger_id": self._composer,
            "session_hash": self._session,
        }
        start.wait()
        began = time.perf_counter()
        try:
            self._client.post("gradio_api/queue/join", json=asked).raise_for_status()
            with self._client.stream("GET", f"gradio_api/queue/data?session_hash={self._session}") as answer:
                for line in answer.iter_lines():
                    if not line.startswith("data:"):
                        continue
                    message = json.loads(line[5:])
                    if not self.first and "ub-marker" in line:
                        self.first = time.perf_counter() - began
                    if message["msg"] == "process_completed":
                        self.whole = time.perf_counter() - began
                        if not message["success"] or not self.first:
                            self.error = line[:300]
                        return
        except (httpx.HTTPError, ValueError) as error:
            self.error = repr(error)


def at_once(address: str, questions: list[str], people: int) -> list[Person]:
    """So many people ask at the same moment."""
    crowd = [Person(address) for _ in range(people)]
    start = threading.Barrier(people)
    threads = [
        threading.Thread(target=person.ask, args=(questions[index % len(questions)], start))
        for index, person in enumerate(crowd)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crowd


def told(waits: list[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(waits)
    return f"median {statistics.median(ordered):.2f} s, p95 {ordered[int(0.95 * (len(ordered) - 1) + 0.5)]:.2f} s"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--people", type=int, default=20, choices=range(1, 101), metavar="1-100")
    options.add_argument("--questions", type=int, default=20)
    given = options.parse_args()
    lines = (ROOT / "evals" / "datasets" / "samples.jsonl").read_text("utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if not case.get("history")]
    questions = [case["question"] for case in cases if case.get("answerable", True)][: given.questions]
    with served() as address:
        waits = in_browser(address, questions)
        print(f"browser, Enter to first words   {told(waits)}, first {waits[0]:.2f} s, longest {max(waits):.2f} s")
        crowd = at_once(address, questions, given.people)
    errors = [person.error for person in crowd if person.error]
    print(f"{len(crowd)} at once, first words       {told([person.first for person in crowd])}")
    print(f"{len(crowd)} at once, whole answer      {told([person.whole for person in crowd])}, {len(errors)} errors")
    for error in errors:
        print(f"  {error}")
    raise SystemExit(1 if errors else 0)


if __name__ == "__main__":
    main()
