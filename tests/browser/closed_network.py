"""Asks, checks and saves in a browser; run by a test where the machine has no network but its own loopback.

python closed_network.py DATA KEPT
"""

import array
import fcntl
import socket
import struct
import sys
from pathlib import Path

from chat_page import QUESTION, ask, open_source
from conftest import ARGUMENTS, find_chromium, served
from playwright.sync_api import sync_playwright

from assistant.assistant import Assistant
from assistant.settings import Settings

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def raise_loopback() -> None:
    """Bring the loopback device of a new network namespace up, as `ip link set lo up` does; nothing else is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = array.array("B", struct.pack("16sh14s", b"lo", 0, b""))
        fcntl.ioctl(any_socket, _GET_FLAGS, request)
        flags = struct.unpack("16sh14s", request)[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14s", b"lo", flags | _UP, b""))
    assert [name for _, name in socket.if_nameindex()] == ["lo"]


def main(data: Path, kept: Path) -> None:
    """Go the main path."""
    raise_loopback()
    assistant = Assistant.open(data, Settings(data=data))
    with served(assistant, kept) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_selector(".ub-scope")
        ask(page, QUESTION, "Besvarad")
        open_source(page)
        page.wait_for_function("document.querySelector('.ub-sheet img').naturalWidth > 0")
        page.get_by_text("Spara samtalet").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="PDF").click()
        assert download.value.path().read_bytes().startswith(b"%PDF")
        assert all(url.startswith((address, "data:", "blob:")) for url in asked), asked
        assert page.evaluate("[...document.fonts].every((font) => font.status !== 'error')")
        browser.close()
    assistant.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
