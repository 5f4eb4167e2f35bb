"""Fetch a web page, without letting its address lead into the inner network."""

import ipaddress
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from ingest.errors import TooLarge, UnreadableFile

_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_TIMEOUT = 20.0
_LONGEST = 120.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_AGENT = "Mozilla/5.0 (compatible; Utblick)"


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """What came back.

    Attributes:
        address: Where it was found, after redirects.
        content: The bytes.
        encoding: The character encoding that the server states, if any.
    """

    address: str
    content: bytes
    encoding: str | None


def fetch_page(address: str, *, allow_private: bool = False, max_bytes: int = 50 * 1024 * 1024) -> FetchedPage:
    """Fetch an address over HTTP or HTTPS.

    Each address on the way is resolved first and refused where it lies in a private, local or reserved range; the
    connection then goes to the very address that was checked, so that the name cannot lead elsewhere in between.
    Proxies named in the environment are not used, since it is they who would then look the name up.

    Args:
        address: `http://` or `https://`.
        allow_private: Also fetch from private ranges (an intranet).
        max_bytes: Give up on an answer longer than this.

    Raises:
        UnreadableFile: The address is not allowed, or no page came from it.
        TooLarge: The answer exceeds `max_bytes`.
    """
    import httpx

    current = address
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client:
        for _ in range(_MAX_REDIRECTS + 1):
            pinned, host = _pin(current, allow_private)
            headers = {"Host": host, "User-Agent": _AGENT, "Accept": "text/html,application/pdf,*/*;q=0.5"}
            extensions = {"sni_hostname": urlsplit(current).hostname or ""}
            try:
                with client.stream("GET", pinned, headers=headers, extensions=extensions) as response:
                    target = response.headers.get("location")
                    if response.status_code in _REDIRECTS and target:
                        current = urljoin(current, target)
                        continue
                    if response.status_code != 200:
                        raise UnreadableFile(
                            f"{address} answered {response.status_code}; check the address in a browser."
                        )
                    return FetchedPage(
                        current, _read(response.iter_bytes(), address, max_bytes), response.charset_encoding
                    )
            except httpx.TimeoutException as error:
                raise UnreadableFile(f"{address} did not answer within {_TIMEOUT:.0f} s; try again later.") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise UnreadableFile(
                    f"{address} could not be fetched: {error}. Check the address and the network."
                ) from error
    raise UnreadableFile(f"{address} redirects more than {_MAX_REDIRECTS} times; ingest the address it ends at.")


def _pin(address: str, allow_private: bool) -> tuple[str, str]:
    """The address with its host replaced by a checked network address, and the `Host` header that belongs to it."""
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise UnreadableFile(f"{address} is not a web address: {error}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnreadableFile(f"{address} is not a web address; it must begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise UnreadableFile(f"{parts.hostname}: a web address must not hold a user name or password.")
    try:
        host = parts.hostname.encode("idna").decode("ascii")
        resolved = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise UnreadableFile(f"{parts.hostname} was not found: {error}. Check the address and the network.") from error
    for found in resolved:
        if not allow_private and not _is_public(found):
            raise UnreadableFile(
                f"{address} leads to the private network address {found}; "
                "private addresses are fetched only where that is allowed."
            )
    target = resolved[0]
    bracketed = f"[{target}]" if ":" in target else target
    stated = f"[{host}]" if ":" in host else host
    default = port == (443 if parts.scheme == "https" else 80)
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return f"{parts.scheme}://{bracketed}:{port}{path}", stated if default else f"{stated}:{port}"


def _is_public(found: str) -> bool:
    number = ipaddress.ip_address(found.split("%")[0])
    mapped = getattr(number, "ipv4_mapped", None) or getattr(number, "sixtofour", None)
    if number in _NAT64:
        mapped = ipaddress.ip_address(int(number) & 0xFFFFFFFF)
    checked = mapped or number
    return checked.is_global and not checked.is_multicast and not checked.is_reserved


def _read(pieces: Iterable[bytes], address: str, max_bytes: int) -> bytes:
    content = bytearray()
    deadline = time.monotonic() + _LONGEST
    for piece in pieces:
        content += piece
        if len(content) > max_bytes:
            raise TooLarge(f"{address} is longer than {max_bytes // 2**20} MB; download it and ingest the file.")
        if time.monotonic() > deadline:
            raise UnreadableFile(f"{address} did not arrive within {_LONGEST:.0f} s; try again later.")
    return bytes(content)
