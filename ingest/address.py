"""Web addresses: their one spelling, and the network address behind them, which must not lie in the inner network."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from ingest.errors import UnreadableFile

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}
_SAFE = "/:?#[]@!$&'()*+,;=~%"


@dataclass(frozen=True, slots=True)
class Reached:
    """A checked network address.

    Attributes:
        url: The web address with the network address in place of the host's name.
        host: The `Host` header that belongs to it.
        name: The host's name, to which a certificate must be issued.
    """

    url: str
    host: str
    name: str


def is_address(text: str) -> bool:
    """Whether a text is meant as the address of a web page."""
    return text.strip()[:8].lower().startswith(("http://", "https://"))


def normal_address(text: str) -> str:
    """The one spelling of a web address under which a document is stored.

    Scheme and host in small letters, no standard port, no fragment, `/` for an empty path, blanks and what lies beyond
    ASCII in percent signs (RFC 3986, 6.2); what a server may tell apart stays as it is.

    Raises:
        UnreadableFile: It is no address of a web page.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise UnreadableFile(f"{text} is not a web address: {error}.") from error
    if parts.scheme not in _PORTS or not host:
        raise UnreadableFile(f"{text} is not a web address; it must begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise UnreadableFile(f"{host}: a web address must not hold a user name or password.")
    place = f"[{host}]" if ":" in host else host
    if port not in (None, _PORTS[parts.scheme]):
        place = f"{place}:{port}"
    return urlunsplit((parts.scheme, place, quote(parts.path or "/", _SAFE), quote(parts.query, _SAFE), ""))


def reach(address: str, allow_private: bool) -> Reached:
    """Look up the host of a normal address, and check where it lies.

    A connection then goes to the very network address that was checked, so that the name cannot lead elsewhere in
    between.

    Raises:
        UnreadableFile: There is no such host, or it lies in a private, local or reserved range.
    """
    parts = urlsplit(address)
    name, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        resolved = [str(entry[4][0]) for entry in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise UnreadableFile(f"{name} was not found: {error}. Check the address and the network.") from error
    for found in resolved:
        if not allow_private and not is_public(found):
            raise UnreadableFile(
                f"{address} leads to the private network address {found}; such are fetched only where the setting "
                "allow_private_addresses is true."
            )
    target = f"[{resolved[0]}]" if ":" in resolved[0] else resolved[0]
    url = urlunsplit((parts.scheme, f"{target}:{port}", parts.path, parts.query, ""))
    return Reached(url, parts.netloc, name)


def is_public(found: str) -> bool:
    """Whether a network address lies in the public internet."""
    number = ipaddress.ip_address(found.split("%")[0])
    mapped = getattr(number, "ipv4_mapped", None) or getattr(number, "sixtofour", None)
    if number in _NAT64:
        mapped = ipaddress.ip_address(int(number) & 0xFFFFFFFF)
    checked = mapped or number
    return checked.is_global and not checked.is_multicast and not checked.is_reserved
