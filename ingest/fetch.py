"""Fetch web pages as a polite visitor does, without letting an address lead into the inner network.

Nothing that one host sets or proves is used with another: each request has a connection of its own and carries no
cookies. Proxies named in the environment are not used, since it is they who would then look the name up.
"""

import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ingest.address import normal_address, reach
from ingest.errors import PageGone, TooLarge, UnreadableFile
from ingest.robots import MAX_BYTES as MAX_ROBOTS_BYTES
from ingest.robots import PRODUCT_TOKEN, Robots, read_robots

if TYPE_CHECKING:
    import ssl

    import httpx

FETCHING_SECONDS = 120.0
"""Time for one page, with what its site's rules, redirects and waiting take."""

_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_GONE = (404, 410)
_TIMEOUT = 20.0
_TRIES = 3
_LONGEST_WAIT = 10.0
_PIECE = 256 * 1024
_ACCEPTED = "text/html,application/xhtml+xml,application/pdf,*/*;q=0.5"
_BY_HAND = "save it from a browser and ingest the file"
_ANSWERS = {
    401: f"it asks for sign-in; {_BY_HAND}",
    403: f"it refuses programs, or asks for sign-in; {_BY_HAND}",
    404: "there is no page at that address; check it in a browser",
    410: "the page was taken away for good",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a page was found, and by what its server recognises the state that was read.

    Attributes:
        address: Where it was found, after redirects.
        etag: The server's `ETag`, if any.
        last_modified: Its `Last-Modified`, if any.
    """

    address: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What came back.

    Attributes:
        source: Where it was found.
        content: The bytes; None where the page is as it was when the source was read that was given.
        encoding: The character encoding that the server states, if any.
    """

    source: Source
    content: bytes | None
    encoding: str | None = None


class Fetcher:
    """Fetches pages one after the other; remembers the rules of each site.

    Args:
        allow_private: Also fetch from private network ranges (an intranet).
    """

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._robots: dict[str, Robots | str] = {}
        self._certificates: ssl.SSLContext | None = None

    def fetch(self, address: str, max_bytes: int, known: Source | None = None) -> FetchedPage:
        """Fetch a page over HTTP or HTTPS.

        Each address on the way is looked up first and refused where it lies in a private, local or reserved range, or
        where the `robots.txt` of its site forbids it (RFC 9309). A server that is busy is asked again after the time
        that it names, if that is short.

        Args:
            address: As `normal_address` spells it.
            max_bytes: Give up on a page longer than this.
            known: What an earlier fetch gave; a server that still has that state answers so and sends no page.

        Raises:
            PageGone: The server says that there is no page at that address.
            UnreadableFile: The address is not allowed, or no page came from it.
            TooLarge: The page exceeds `max_bytes`.
        """
        deadline = time.monotonic() + FETCHING_SECONDS
        current = address
        for _ in range(_MAX_REDIRECTS + 1):
            self._check_robots(current, deadline)
            asked = known if known is not None and known.address == current else None
            with self._answer(current, _conditions(asked), deadline) as response:
                target = response.headers.get("location")
                if response.status_code in _REDIRECTS and target:
                    current = _next(current, target)
                    continue
                if response.status_code == 304 and asked is not None:
                    return FetchedPage(_source(current, response, asked), None)
                if response.status_code != 200:
                    raise _refusal(current, response)
                content = b"".join(_pieces(response, current, max_bytes, deadline))
                return FetchedPage(_source(current, response), content, response.charset_encoding)
        raise UnreadableFile(f"{address} redirects more than {_MAX_REDIRECTS} times; ingest the address it ends at.")

    def _check_robots(self, address: str, deadline: float) -> None:
        """Raise where the rules of an address's site forbid it, or cannot be had now."""
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            reach(address, self._allow_private)  # that a host is unknown or private is the better reason
            self._robots[site] = self._fetch_robots(f"{site}/robots.txt", deadline)
        rules = self._robots[site]
        if isinstance(rules, str):
            raise UnreadableFile(
                f"{address} was not fetched: {parts.netloc} did not give its robots.txt, which says what programs may "
                f"read ({rules}). Try again later, or save the page from a browser and ingest the file."
            )
        if (rule := rules.forbidding_rule(address)) is not None:
            raise UnreadableFile(
                f"{address} was not fetched: the robots.txt of {parts.netloc} forbids it to programs (`{rule}`). Ask "
                f"the owner of the site to allow {PRODUCT_TOKEN}, or save the page from a browser and ingest the file."
            )

    def _fetch_robots(self, address: str, deadline: float) -> Robots | str:
        """The rules of a site, or why they cannot be had; a site that says it has none allows everything."""
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                with self._answer(address, {}, deadline) as response:
                    target = response.headers.get("location")
                    if response.status_code in _REDIRECTS and target:
                        address = _next(address, target)
                    elif 200 <= response.status_code < 300:
                        return read_robots(_beginning(response, address, MAX_ROBOTS_BYTES, deadline))
                    elif 400 <= response.status_code < 500:
                        return Robots()
                    else:
                        return f"it answered {response.status_code}"
        except UnreadableFile as error:
            return str(error).rstrip(".")
        return Robots()

    @contextmanager
    def _answer(self, address: str, headers: Mapping[str, str], deadline: float) -> Iterator["httpx.Response"]:
        """What a server answers, once it is not busy; its body is still to be read."""
        import httpx

        for attempt in range(_TRIES):
            place = reach(address, self._allow_private)
            own = {"Host": place.host, "User-Agent": _agent(), "Accept": _ACCEPTED, "Accept-Encoding": "gzip"}
            try:
                with (
                    httpx.Client(verify=self._trusted(address), timeout=_TIMEOUT, trust_env=False) as client,
                    client.stream(
                        "GET", place.url, headers={**own, **headers}, extensions={"sni_hostname": place.name}
                    ) as response,
                ):
                    wait = _wait(response, attempt)
                    if wait is None or attempt + 1 == _TRIES or time.monotonic() + wait > deadline:
                        yield response
                        return
            except httpx.TimeoutException as error:
                raise UnreadableFile(f"{address} did not answer within {_TIMEOUT:.0f} s; try again later.") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise UnreadableFile(
                    f"{address} could not be fetched: {error}. Check the address and the network."
                ) from error
            time.sleep(wait)

    def _trusted(self, address: str) -> "ssl.SSLContext | bool":
        """The authorities that the machine trusts, its organisation's own among them, beside the usual ones."""
        if not address.startswith("https:"):
            return False
        if self._certificates is None:
            import httpx

            self._certificates = httpx.create_ssl_context(trust_env=False)
            self._certificates.load_default_certs()
        return self._certificates


def _next(address: str, target: str) -> str:
    """Where a redirect leads."""
    try:
        joined = urljoin(address, target)
    except ValueError as error:
        raise UnreadableFile(f"{address} redirects to {target}, which is not a web address: {error}.") from error
    return normal_address(joined)


def _agent() -> str:
    from importlib.metadata import version

    return f"Mozilla/5.0 (compatible; {PRODUCT_TOKEN}/{version('utblick')})"


def _conditions(known: Source | None) -> dict[str, str]:
    """Headers that ask for a page only where it changed; a server that has both marks goes by the first."""
    stated = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified} if known is not None else {}
    return {name: value for name, value in stated.items() if value}


def _source(address: str, response: "httpx.Response", known: Source | None = None) -> Source:
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    if known is not None:
        etag, modified = etag or known.etag, modified or known.last_modified
    return Source(address, etag, modified)


def _refusal(address: str, response: "httpx.Response") -> UnreadableFile:
    status = response.status_code
    if status in _BUSY:
        told = _retry_after(response)
        later = f"in {told:.0f} s" if told is not None else "later"
        return UnreadableFile(f"{address} answered {status}: the server is busy. Try again {later}.")
    kind = PageGone if status in _GONE else UnreadableFile
    return kind(f"{address} answered {status}: {_ANSWERS.get(status, 'check the address in a browser')}.")


def _wait(response: "httpx.Response", attempt: int) -> float | None:
    """Seconds after which a busy server is to be asked again; None where it is not busy, or wants more time."""
    if response.status_code not in _BUSY:
        return None
    told = _retry_after(response)
    wait = 2.0**attempt if told is None else told
    return wait if wait <= _LONGEST_WAIT else None


def _retry_after(response: "httpx.Response") -> float | None:
    """What a server asks to wait, in seconds or until a date (RFC 9110, 10.2.3)."""
    from email.utils import parsedate_to_datetime

    stated = response.headers.get("retry-after", "").strip()
    if stated.isdecimal() and stated.isascii():
        return float(stated[:9])
    try:
        return max(parsedate_to_datetime(stated).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _pieces(response: "httpx.Response", address: str, max_bytes: int, deadline: float) -> Iterator[bytes]:
    """The body piece by piece, unpacked; the limit holds for what it unpacks to."""
    length = 0
    for piece in _unpacked(response, address):
        length += len(piece)
        if length > max_bytes:
            raise TooLarge(f"{address} is longer than {max_bytes / 2**20:.0f} MB; download it and ingest the file.")
        if time.monotonic() > deadline:
            raise UnreadableFile(f"{address} did not arrive within {FETCHING_SECONDS:.0f} s; try again later.")
        yield piece


def _beginning(response: "httpx.Response", address: str, length: int, deadline: float) -> bytes:
    content = b""
    for piece in _pieces(response, address, length + 2 * _PIECE, deadline):
        content += piece
        if len(content) >= length:
            break
    return content[:length]


def _unpacked(response: "httpx.Response", address: str) -> Iterator[bytes]:
    """The body in pieces of bounded length, whatever it is packed to."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing in ("", "identity"):
        yield from response.iter_raw()
        return
    if packing not in ("gzip", "x-gzip"):
        raise UnreadableFile(f"{address} came packed as {packing}, which was not asked for; {_BY_HAND}.")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for packed in response.iter_raw():
            rest = packed
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, _PIECE)
                rest = unpacker.unconsumed_tail
    except zlib.error as error:
        raise UnreadableFile(f"{address} came damaged ({error}); try again later.") from error
    if not unpacker.eof:
        raise UnreadableFile(f"{address} came incomplete; try again later.")
