import socket

import pytest
from fastapi.testclient import TestClient
from no_documents import Nothing

from assistant.errors import AssistantError
from assistant.settings import Settings
from assistant.ui import make_app, serve
from assistant.ui_server import ServeError, listen


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(make_app(Nothing()), base_url="http://127.0.0.1:7860")


def test_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=rf"port {port}.*--port {port + 1}.*PORT={port + 1}"):
            serve(Nothing(), Settings(port=port))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(AssistantError, match="--allow-remote"):
        listen(host, 0)


def test_address_that_others_reach_can_be_permitted() -> None:
    listen("0.0.0.0", 0, allow_remote=True).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_listened_on(host: str) -> None:
    with listen(host, 0) as listener:
        assert listener.getsockname()[1] > 0


def test_page_keeps_the_browser_to_this_server(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "fonts.googleapis" not in response.text


def test_other_names_for_the_server_are_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example:7860"}).status_code == 400
    assert client.get("/", headers={"host": "[::1]:7860"}).status_code == 200


def test_nothing_is_offered_to_programs(client: TestClient) -> None:
    assert client.get("/gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}
    assert client.get("/docs").status_code == 404
    assert client.post("/gradio_api/upload", files={"files": b"x"}).status_code == 404
