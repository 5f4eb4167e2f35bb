from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from no_documents import Nothing
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from assistant.access import Access
from assistant.errors import SettingsError
from assistant.settings import Settings, load_settings
from assistant.throttle import Throttle
from assistant.ui import make_app
from assistant.ui_server import ServeError, listen, server_options
from assistant.ui_sign_in import SESSION_COOKIE, _next, guard, session_key
from assistant.users import FILE, Users

PASSWORD = "korrekt häst batteri"
PAGE = {"accept": "text/html"}


def client_of(settings: Settings, *, local: bool = True, address: str = "127.0.0.1") -> TestClient:
    app = make_app(Nothing(), settings=settings, only_loopback=local)
    return TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False, client=(address, 50000))


@pytest.fixture
def users(tmp_path: Path) -> Users:
    made = Users(tmp_path / FILE)
    made.put("anna", PASSWORD)
    return made


@pytest.fixture
def client(users: Users, tmp_path: Path) -> TestClient:
    return client_of(Settings(data=tmp_path, sign_in="users"))


def sign_in(client: TestClient, password: str = PASSWORD, **fields: str):
    return client.post("/sign-in", data={"name": "anna", "password": password, **fields})


def test_without_a_session_nothing_is_shown(client: TestClient) -> None:
    response = client.get("/?x=1", headers=PAGE)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?next=%2F%3Fx%3D1")
    for path in (
        "/config",
        "/gradio_api/info",
        "/compare/x.xlsx",
        "/assets/x.js",
        "/theme.css",
        "/gradio_api/heartbeat/x",
    ):
        assert client.get(path).status_code == 401, path
    assert client.post("/library/uploads?name=a.md", content=b"x").status_code == 401
    assert client.post("/gradio_api/queue/join", json={}).status_code == 401
    assert client.post("/gradio_api/upload", files={"files": b"x"}).status_code == 401


def test_name_and_password_open_the_page(client: TestClient) -> None:
    page = client.get("/sign-in?next=/%3Fx", headers=PAGE)
    assert page.status_code == 200
    assert 'lang="sv"' in page.text and "Lösenord" in page.text and 'value="/?x"' in page.text
    response = sign_in(client, next="/?x")
    assert (response.status_code, response.headers["location"]) == (303, "/?x")
    cookie = response.headers["set-cookie"].lower()
    assert cookie.startswith(SESSION_COOKIE)
    assert "httponly" in cookie and "samesite=lax" in cookie and "max-age=43200" in cookie and "secure" not in cookie
    shown = client.get("/", headers=PAGE)
    assert shown.status_code == 200


def test_over_https_the_cookie_is_sent_by_nothing_else(users: Users, tmp_path: Path) -> None:
    client = client_of(Settings(data=tmp_path, sign_in="users", https=True))
    response = sign_in(client)
    assert "secure" in response.headers["set-cookie"].lower()
    assert "max-age" in response.headers["strict-transport-security"]


def test_a_wrong_password_is_told_without_telling_which_was_wrong(client: TestClient) -> None:
    wrong = sign_in(client, "fel lösenord")
    unknown = client.post("/sign-in?language=en", data={"name": "bo <b>", "password": PASSWORD})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "hör inte ihop" in wrong.text and "do not belong together" in unknown.text
    assert "bo &lt;b&gt;" in unknown.text
    assert PASSWORD not in wrong.text + unknown.text
    assert "set-cookie" not in wrong.headers
    assert client.get("/", headers=PAGE).status_code == 303


def test_guessing_is_slowed_down(client: TestClient) -> None:
    for _ in range(5):
        assert sign_in(client, "fel lösenord").status_code == 401
    refused = sign_in(client)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "Vänta" in refused.text


def test_each_further_failure_doubles_the_wait(monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("assistant.throttle.time.monotonic", lambda: now[0])
    throttle = Throttle(free=2, first=10, longest=35)
    waits = []
    for _ in range(6):
        throttle.fail("anna", "10.0.0.1")
        waits.append(throttle.wait("anna", "10.0.0.1"))
    assert waits == [0, 10, 20, 35, 35, 35]
    assert throttle.wait("anna", "10.0.0.2") == throttle.wait("bo", "10.0.0.1") == 0
    now[0] += 36
    assert throttle.wait("anna", "10.0.0.1") == 0
    throttle.succeed("anna", "10.0.0.1")
    throttle.fail("anna", "10.0.0.1")
    assert throttle.wait("anna", "10.0.0.1") == 0


def test_a_session_ends_when_it_is_left_the_password_is_changed_or_the_user_is_removed(
    client: TestClient, users: Users
) -> None:
    sign_in(client)
    cookie = client.cookies[SESSION_COOKIE]
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert client.get("/", headers=PAGE).status_code == 303
    client.cookies.set(SESSION_COOKIE, cookie)
    assert client.get("/", headers=PAGE).status_code == 303, "the cookie of a session that was left is kept by someone"
    client.cookies.clear()
    sign_in(client)
    assert client.get("/", headers=PAGE).status_code == 200
    users.put("anna", "ett annat lösenord")
    assert client.get("/", headers=PAGE).status_code == 303
    sign_in(client, "ett annat lösenord")
    assert client.get("/", headers=PAGE).status_code == 200
    users.remove("anna")
    assert client.get("/", headers=PAGE).status_code == 303


def test_a_forged_cookie_is_not_taken(client: TestClient, tmp_path: Path) -> None:
    sign_in(client)
    value = client.cookies[SESSION_COOKIE]
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, value[:-4] + "AAAA")
    assert client.get("/", headers=PAGE).status_code == 303


def test_a_damaged_file_of_users_lets_nobody_in(client: TestClient, tmp_path: Path) -> None:
    sign_in(client)
    (tmp_path / FILE).write_text("{")
    assert client.get("/", headers=PAGE).status_code == 303


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    key = session_key(tmp_path)
    assert len(key) >= 43 and key == session_key(tmp_path)
    assert (tmp_path / "session.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "/"), ("/?a=b", "/?a=b"), ("", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("/a\r\nset-cookie: x=y", "/"), ("javascript:alert(1)", "/"), ("/" * 3000, "/"),
    ],
)  # fmt: skip
def test_after_signing_in_one_stays_on_this_server(path: str, kept: str) -> None:
    assert _next(path) == kept


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:7860"}, 200),
        ({"sec-fetch-site": "same-origin", "origin": "http://utblick.example"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8000"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:7860"}, 403),
    ],
)
def test_pages_from_elsewhere_cannot_have_the_browser_send_anything(headers: dict[str, str], status: int) -> None:
    app = FastAPI()
    app.router.routes.append(Route("/change", lambda request: PlainTextResponse("done"), methods=["GET", "POST"]))
    guard(app, Settings())
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    assert client.post("/change", headers=headers).status_code == status
    assert client.get("/change", headers=headers).status_code == 200


def test_signing_in_and_out_from_elsewhere_is_refused(client: TestClient) -> None:
    elsewhere = {"origin": "http://evil.example"}
    data = {"name": "anna", "password": PASSWORD}
    assert client.post("/sign-in", data=data, headers=elsewhere).status_code == 403
    assert client.post("/sign-out", headers=elsewhere).status_code == 403


def proxied(tmp_path: Path, address: str, **settings: object) -> TestClient:
    return client_of(Settings(data=tmp_path, sign_in="proxy", **settings), address=address)


def test_a_trusted_proxy_says_who_the_user_is(tmp_path: Path) -> None:
    client = proxied(tmp_path, "10.0.0.7", trusted_proxies=("10.0.0.0/24",), proxy_header="X-Auth-User")
    assert client.get("/", headers={"x-auth-user": "Anna"}).status_code == 200
    assert client.get("/", headers={"x-forwarded-user": "anna"}).status_code == 401
    assert client.get("/", headers={"x-auth-user": ""}).status_code == 401
    assert client.get("/", headers=[("x-auth-user", "anna"), ("x-auth-user", "bo")]).status_code == 401
    assert client.get("/", headers={"x-auth-user": "a\tb"}).status_code == 401


def test_others_are_not_believed(tmp_path: Path) -> None:
    headers = {"x-forwarded-user": "anna", "x-forwarded-for": "127.0.0.1"}
    assert proxied(tmp_path, "10.0.0.8").get("/", headers=headers).status_code == 403
    assert proxied(tmp_path, "::ffff:127.0.0.1").get("/", headers=headers).status_code == 200
    assert proxied(tmp_path, "not-an-address").get("/", headers=headers).status_code == 403


def test_a_proxy_is_known_by_its_own_address_not_by_what_it_says_of_others(tmp_path: Path) -> None:
    assert server_options(None, Settings(sign_in="proxy")).proxy_headers is False
    assert server_options(None, Settings(sign_in="users")).proxy_headers is True


def test_names_of_the_server_can_be_set(tmp_path: Path) -> None:
    client = client_of(Settings(hosts=("utblick.example",)))
    assert client.get("/", headers={"host": "utblick.example"}).status_code == 200
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("sign_in", ["users", "proxy"])
def test_another_address_is_listened_on_where_users_sign_in(sign_in: str) -> None:
    permitted = Settings(sign_in=sign_in).sign_in != "none"
    listen("0.0.0.0", 0, allow_remote=permitted).close()
    with pytest.raises(ServeError, match="sign_in"):
        listen("0.0.0.0", 0, allow_remote=Settings().sign_in != "none")


def test_settings_are_checked(monkeypatch) -> None:
    monkeypatch.setenv("UTBLICK_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16")
    monkeypatch.setenv("UTBLICK_HOSTS", "utblick.example,www.example")
    monkeypatch.setenv("UTBLICK_LIBRARY_FOLDERS", "/srv/a,/srv/b")
    settings = load_settings()
    assert settings.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")
    assert settings.hosts == ("utblick.example", "www.example")
    assert settings.library_folders == (Path("/srv/a"), Path("/srv/b"))
    monkeypatch.setenv("UTBLICK_TRUSTED_PROXIES", "proxy.example")
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load_settings()
    with pytest.raises(SettingsError, match="sign_in"):
        load_settings(sign_in="oidc", trusted_proxies=())


def test_the_default_is_whoever_uses_this_machine() -> None:
    assert Settings().sign_in == "none"
    assert Access.by(Settings(), local=True).may_change_library("browser:1")
