"""Fetching from real servers on this machine: rules, redirects, conditions, patience, limits, and what is refused."""

import gzip
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ingest.address import normal_address
from ingest.errors import PageGone, TooLarge, UnreadableFile
from ingest.fetch import FetchedPage, Fetcher, Source
from ingest.load import load_web_page

PAGE = "<main><h1>Vänorter</h1><p>Vi är åtta.</p></main>"
MEGABYTE = 2**20


@pytest.fixture
def fetcher():
    return Fetcher(allow_private=True)


@pytest.fixture
def waits(monkeypatch):
    """The times that would have been waited."""
    waited = []
    monkeypatch.setattr("ingest.fetch.time.sleep", waited.append)
    return waited


def refused(fetcher, address, **options):
    with pytest.raises(UnreadableFile) as raised:
        fetcher.fetch(address, MEGABYTE, **options)
    return str(raised.value)


# Addresses


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://example.org", "https://example.org/"),
        (" HTTPS://Example.ORG:443/Plan?a=B#del ", "https://example.org/Plan?a=B"),
        ("http://example.org:80/", "http://example.org/"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        ("https://exämple.org/år 2024?f=ö", "https://xn--exmple-cua.org/%C3%A5r%202024?f=%C3%B6"),
        ("https://example.org/%C3%A5/a%2Fb", "https://example.org/%C3%A5/a%2Fb"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
    ],
)
def test_an_address_has_one_spelling(given, stored):
    assert normal_address(given) == stored
    assert normal_address(stored) == stored


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://a.example/x",
        "a.example",
        "http://",
        "http://u:p@a.example/",
        "http://a:b/",
        "http://[x/",
    ],
)
def test_other_addresses_are_refused(address):
    with pytest.raises(UnreadableFile):
        load_web_page(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://100.64.0.1/",
        "http://[64:ff9b::a00:1]/",
        "http://[fe80::1%25lo]/",
    ],
)
def test_private_addresses_are_refused(address):
    with pytest.raises(UnreadableFile, match=r"private network address .*allow_private_addresses|was not found"):
        load_web_page(address)


def test_a_redirect_into_the_private_network_is_refused(site, monkeypatch):
    """A name that is public when it is first looked up leads to loopback at the redirect."""
    site.put("/flytt", status=302, Location="/sida")
    port = int(site.origin.rsplit(":", 1)[1])
    real, checked = socket.getaddrinfo, []

    def resolve(host, *arguments, **options):
        checked.append(host)
        return real("127.0.0.1", port, type=socket.SOCK_STREAM)

    monkeypatch.setattr("ingest.address.socket.getaddrinfo", resolve)
    monkeypatch.setattr("ingest.address.is_public", lambda found: not site.asked("/flytt"))
    with pytest.raises(UnreadableFile, match="private network address"):
        Fetcher().fetch(f"http://offentlig.example:{port}/flytt", 50 * 1024 * 1024)
    assert site.asked("/flytt")[0]["host"] == f"offentlig.example:{port}"
    assert site.asked("/sida") == []


# Redirects


def test_redirects_are_followed_and_the_last_address_is_told(site, other_site, fetcher):
    end = other_site.put("/sida", PAGE)
    site.put("/b", status=308, Location=end + "#del")
    start = site.put("/a", status=301, Location="b")
    page = fetcher.fetch(start, MEGABYTE)
    assert page == FetchedPage(Source(end), PAGE.encode())


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/a", "redirects more than 5 times"),
        ("file:///etc/passwd", "not a web address"),
        ("http://[x/", "not a web address"),
    ],
)
def test_redirects_that_lead_nowhere(site, fetcher, target, told):
    assert told in refused(fetcher, site.put("/a", status=302, Location=target))


# robots.txt


def test_what_robots_txt_forbids_is_not_fetched(site, fetcher):
    site.put("/robots.txt", "User-agent: *\nDisallow: /internt/\n")
    told = refused(fetcher, site.put("/internt/plan", PAGE))
    assert "robots.txt of 127.0.0.1" in told and "`Disallow: /internt/`" in told and "save the page" in told
    assert site.asked("/internt/plan") == []
    assert fetcher.fetch(site.put("/plan", PAGE), MEGABYTE).content == PAGE.encode()
    assert len(site.asked("/robots.txt")) == 1
    assert site.asked("/plan")[0]["user-agent"].startswith("Mozilla/5.0 (compatible; Utblick/")


def test_the_rules_of_the_host_that_a_redirect_leads_to_hold(site, other_site, fetcher):
    other_site.put("/robots.txt", "User-agent: Utblick\nDisallow: /\n")
    start = site.put("/a", status=302, Location=other_site.put("/b", PAGE))
    assert "`Disallow: /`" in refused(fetcher, start)
    assert [path for path, _ in other_site.requests] == ["/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_site_without_rules_allows_everything(site, fetcher, status):
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n", status=status)
    assert fetcher.fetch(site.put("/plan", PAGE), MEGABYTE).content


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_site_whose_rules_cannot_be_had_forbids_everything_for_now(site, fetcher, waits, status):
    site.put("/robots.txt", status=status)
    told = refused(fetcher, site.put("/plan", PAGE))
    assert f"did not give its robots.txt, which says what programs may read (it answered {status})" in told
    assert "Try again later" in told
    asked = len(site.asked("/robots.txt"))
    refused(fetcher, site.origin + "/annan")
    assert (len(site.asked("/robots.txt")), site.asked("/plan")) == (asked, [])


def test_rules_behind_redirects_and_beyond_their_limit(site, other_site, fetcher):
    site.put("/robots.txt", status=301, Location=other_site.put("/regler", "User-agent: *\nDisallow: /plan\n"))
    assert "`Disallow: /plan`" in refused(fetcher, site.put("/plan", PAGE))
    long = "User-agent: *\n" + "# fyllnad\n" * 200_000 + "Disallow: /\n"
    other_site.put("/robots.txt", gzip.compress(long.encode()), Content_Encoding="gzip")
    assert fetcher.fetch(other_site.put("/plan", PAGE), MEGABYTE).content


def test_a_host_that_does_not_answer_is_told_as_such(fetcher):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "Connection refused" in refused(fetcher, f"http://127.0.0.1:{port}/")
    assert "was not found" in refused(fetcher, "http://finns-inte.invalid/")


# Conditions


def test_what_did_not_change_is_not_sent_again(site, fetcher):
    modified = "Mon, 05 Jan 2026 10:00:00 GMT"

    def answer(asked):
        if asked.get("if-none-match") == '"ett"' and asked.get("if-modified-since") == modified:
            return 304, {"ETag": '"ett"'}, b""
        return 200, {"ETag": '"ett"', "Last-Modified": modified}, PAGE.encode()

    address = site.put("/sida")
    site.answers["/sida"] = answer
    first = fetcher.fetch(address, MEGABYTE)
    assert first.source == Source(address, '"ett"', modified)
    again = fetcher.fetch(address, MEGABYTE, first.source)
    assert again == FetchedPage(first.source, None)


def test_conditions_are_sent_only_where_the_page_was_found(site, fetcher):
    site.put("/b", PAGE, ETag='"b"')
    site.put("/c", "<p>En annan sida", ETag='"b"')
    start = site.put("/a", status=302, Location="/b")
    known = fetcher.fetch(start, MEGABYTE).source
    site.put("/b", status=304)
    assert fetcher.fetch(start, MEGABYTE, known).content is None
    assert "if-none-match" not in site.asked("/a")[-1]
    site.put("/a", status=302, Location="/c")
    page = fetcher.fetch(start, MEGABYTE, known)
    assert (page.source.address, page.content) == (site.origin + "/c", b"<p>En annan sida")
    assert "if-none-match" not in site.asked("/c")[0]


def test_unchanged_that_was_not_asked_for_is_an_error(site, fetcher):
    assert "answered 304" in refused(fetcher, site.put("/sida", status=304))


# Patience


def busy(times, status=503, **headers):
    """A page that comes once it was asked for so many times."""
    left = [{name.replace("_", "-"): value for name, value in headers.items()}] * times

    def answer(asked):
        return (status, left.pop(), b"") if left else (200, {}, PAGE.encode())

    return answer


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(site, fetcher, waits, status):
    site.answers["/sida"] = busy(2, status)
    assert fetcher.fetch(site.origin + "/sida", MEGABYTE).content == PAGE.encode()
    assert waits == [1.0, 2.0]


def test_the_time_that_a_server_names_is_waited(site, fetcher, waits):
    site.answers["/sida"] = busy(1, Retry_After="7")
    assert fetcher.fetch(site.origin + "/sida", MEGABYTE).content
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=5), usegmt=True)
    site.answers["/sida"] = busy(1, Retry_After=later)
    assert fetcher.fetch(site.origin + "/sida", MEGABYTE).content
    assert waits[0] == 7.0 and 2.0 < waits[1] <= 5.0


def test_a_server_that_wants_more_time_or_stays_busy_is_given_up(site, fetcher, waits):
    site.answers["/sida"] = busy(9, 429, Retry_After="3600")
    assert "answered 429: the server is busy. Try again in 3600 s" in refused(fetcher, site.origin + "/sida")
    assert waits == []
    site.answers["/annan"] = busy(9)
    assert "busy. Try again later" in refused(fetcher, site.origin + "/annan")
    assert len(site.asked("/annan")) == 3


# What does not come


@pytest.mark.parametrize(
    ("status", "told"),
    [(404, "no page at that address"), (410, "taken away"), (401, "sign-in"), (403, "refuses programs")],
)
def test_answers_without_a_page_say_what_to_do(site, fetcher, status, told):
    message = refused(fetcher, site.put("/sida", status=status))
    assert f"answered {status}" in message and told in message
    with pytest.raises(UnreadableFile) as raised:
        fetcher.fetch(site.origin + "/sida", MEGABYTE)
    assert isinstance(raised.value, PageGone) == (status in (404, 410))


def test_a_page_over_the_limit_is_given_up_packed_or_not(site, fetcher):
    with pytest.raises(TooLarge, match="longer than 1 MB"):
        fetcher.fetch(site.put("/stor", b"x" * (MEGABYTE + 1)), MEGABYTE)
    packed = gzip.compress(PAGE.encode())
    assert fetcher.fetch(site.put("/packad", packed, Content_Encoding="gzip"), MEGABYTE).content == PAGE.encode()
    bomb = gzip.compress(bytes(10**8), 6)
    assert len(bomb) < MEGABYTE
    with pytest.raises(TooLarge, match="longer than 1 MB"):
        fetcher.fetch(site.put("/bomb", bomb, Content_Encoding="gzip"), MEGABYTE)


@pytest.mark.parametrize(
    ("body", "encoding", "told"),
    [
        (PAGE.encode(), "gzip", "damaged"),
        (gzip.compress(b"x" * 999)[:20], "gzip", "incomplete"),
        (b"x", "br", "packed as br"),
    ],
)
def test_packing_that_cannot_be_undone(site, fetcher, body, encoding, told):
    assert told in refused(fetcher, site.put("/sida", body, Content_Encoding=encoding))


def test_a_page_that_breaks_off_is_an_error(site, fetcher):
    assert "could not be fetched" in refused(fetcher, site.put("/sida", PAGE, Content_Length="5000"))


def test_a_page_that_drips_is_given_up(site, fetcher, monkeypatch):
    monkeypatch.setattr("ingest.fetch.FETCHING_SECONDS", 1.0)

    class Drip(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404 if self.path == "/robots.txt" else 200)
            self.end_headers()
            for _ in range(100 if self.path != "/robots.txt" else 0):
                try:
                    self.wfile.write(b"x")
                    time.sleep(0.05)
                except OSError:
                    return

        def log_message(self, *arguments):
            pass

    http = HTTPServer(("127.0.0.1", 0), Drip)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    try:
        began = time.monotonic()
        assert "did not arrive within 1 s" in refused(fetcher, f"http://127.0.0.1:{http.server_port}/")
        assert time.monotonic() - began < 3
    finally:
        http.shutdown()
        http.server_close()


# What one host knows stays with it


def test_no_cookie_is_taken_along(site, fetcher):
    site.put("/b", PAGE)
    fetcher.fetch(site.put("/a", status=302, Location="/b", Set_Cookie="spor=1"), MEGABYTE)
    assert "cookie" not in site.asked("/b")[0]


def test_a_certificate_must_be_for_the_name_that_was_asked(tmp_path, monkeypatch):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    _issue("rätt.example".encode("idna").decode(), certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path != "/robots.txt" else 404)
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *arguments):
            pass

    http = HTTPServer(("127.0.0.1", 0), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    real = socket.getaddrinfo
    monkeypatch.setattr(
        "ingest.address.socket.getaddrinfo", lambda host, port, *_, **options: real("127.0.0.1", port, **options)
    )
    try:
        fetcher = Fetcher(allow_private=True)
        right = normal_address(f"https://rätt.example:{http.server_port}/")
        assert fetcher.fetch(right, MEGABYTE).content == PAGE.encode()
        told = refused(Fetcher(allow_private=True), f"https://fel.example:{http.server_port}/")
        assert "certificate" in told.lower()
    finally:
        http.shutdown()
        http.server_close()


def _issue(name, certificate, key):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    issued = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(issued.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
