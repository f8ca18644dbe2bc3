import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from servers.setup.doctor import checks
from servers.setup.health import OK, WARN, Check
from servers.setup.local_models import LocalServer, running

LISTED = {"data": [{"id": "qwen3:8b", "owned_by": "library"}, {"id": "nomic-embed-text"}]}


@contextmanager
def listening(body: object, status: int = 200) -> Generator[int]:
    """The port of a server on loopback that answers GET /v1/models with the body."""
    text = body if isinstance(body, str) else json.dumps(body)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/v1/models" else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def said_of(port: int, **environment: str) -> list[Check]:
    found = checks(None, environment, {"Ollama": port})
    return [check for check in found if check.name == "local model"]


def test_a_model_server_is_found_with_the_models_it_lists_past_any_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with listening(LISTED) as port:
        (found,) = running({"LM Studio": port})
    assert found == LocalServer("Ollama", f"http://127.0.0.1:{port}/v1", ("qwen3:8b",))


def test_the_doctor_says_how_to_use_it() -> None:
    with listening(LISTED) as port:
        (check,) = said_of(port)
        (keyed,) = said_of(port, OPENAI_API_KEY="sk-very-secret")
    assert (check.state, check.said) == (OK, f"Ollama at http://127.0.0.1:{port}/v1: qwen3:8b")
    use = (
        f"export OPENAI_BASE_URL=http://127.0.0.1:{port}/v1;"
        " productresearch research QUESTION --model qwen3:8b"
    )
    assert check.to_do == f"To use it, run: {use}"
    assert keyed.to_do == f"To use it, run: unset OPENAI_API_KEY; {use}"


def test_many_models_are_counted_and_odd_names_are_quoted() -> None:
    names = ["a model; rm x", "\x1b[2Jhidden", *(f"m{n}" for n in range(8))]
    with listening({"data": [{"id": name} for name in names]}) as port:
        (check,) = said_of(port)
    assert check.said.endswith("a model; rm x, m0, m1, m2, m3 and 4 more")
    assert check.to_do
    assert check.to_do.endswith("--model 'a model; rm x'")


@pytest.mark.parametrize("models", [None, [], [{"id": "nomic-embed-text"}]])
def test_a_server_without_a_model_is_a_warning(models: object) -> None:
    with listening({"data": models}) as port:
        (check,) = said_of(port)
    assert (check.state, check.to_do) == (WARN, "Download or load one in Ollama.")


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "",
        "[]",
        '{"data": 3}',
        '{"data": [1]}',
        '{"data": []}' + " " * 1_100_000,
        "[" * 100_000,
    ],
)
def test_another_program_on_the_port_is_passed_over(body: str) -> None:
    with listening(body) as port, listening(LISTED, 401) as closed:
        assert list(running({"vLLM": port, "llama.cpp": closed})) == []


def test_no_server_and_one_that_says_nothing_are_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert list(running({"vLLM": port})) == []
    assert list(running({"vLLM": port})) == []
