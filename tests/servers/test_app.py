from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastmcp import Client

from servers.app import RefusedToServe, build_app, http_app, read_token, serve_http
from servers.embedded.index import EmbeddedIndex
from tests.servers.toolshop import build_index

TOKEN = "0123456789abcdef-secret"
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    opened = build_index(tmp_path_factory.mktemp("app") / "index")
    yield opened
    opened.close()


async def post(
    index: EmbeddedIndex, *, host: str = "127.0.0.1", token: str | None = None, **request: Any
) -> httpx2.Response:
    app: Any = http_app(build_app(index), "127.0.0.1", token)
    headers = {**HEADERS, "host": host, **request.pop("headers", {})}
    async with (
        app.lifespan(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client,
    ):
        body = request.get("json", INITIALIZE)
        return await client.post("/mcp", headers=headers, json=body)


@pytest.mark.parametrize(
    ("which", "tools"),
    [
        (("catalog",), {"search_catalog", "get_product", "compare_products"}),
        (("reviews", "web"), {"search_reviews", "summarize_reviews", "search_web", "read_page"}),
    ],
)
async def test_only_the_parts_asked_for_are_served(index: EmbeddedIndex, which: Any, tools: Any):
    async with Client(build_app(index, which)) as client:
        assert {tool.name for tool in await client.list_tools()} == tools


async def test_a_local_client_is_answered(index: EmbeddedIndex):
    answer = await post(index)
    assert answer.status_code == 200
    assert "productresearch" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
async def test_a_name_that_resolves_here_is_no_way_in(index: EmbeddedIndex, host: str):
    assert (await post(index, host=host)).status_code == 421


async def test_a_web_page_is_no_client(index: EmbeddedIndex):
    answer = await post(index, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_with_a_token_nobody_is_answered_without_it(index: EmbeddedIndex):
    assert (await post(index, token=TOKEN)).status_code == 401
    wrong = {"authorization": "Bearer 0123456789abcdef-secre7"}
    assert (await post(index, token=TOKEN, headers=wrong)).status_code == 401
    right = {"authorization": f"Bearer {TOKEN}"}
    assert (await post(index, token=TOKEN, headers=right)).status_code == 200


async def test_a_huge_request_is_refused(index: EmbeddedIndex):
    answer = await post(index, json={**INITIALIZE, "padding": "x" * 1_100_000})
    assert answer.status_code == 413


def test_the_network_is_not_served_without_a_token(index: EmbeddedIndex):
    with pytest.raises(RefusedToServe, match="--token-file"):
        serve_http(build_app(index), "0.0.0.0", 0, None)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (TOKEN, 0o644, "chmod 600"),
        ("short", 0o600, "at least 16"),
        (f"{TOKEN} {TOKEN}", 0o600, "one token"),
    ],
)
def test_a_bad_token_file_is_refused(tmp_path: Path, text: str, mode: int, said: str):
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(RefusedToServe, match=said):
        read_token(path)
    with pytest.raises(RefusedToServe, match="cannot be read"):
        read_token(tmp_path / "none")


def test_a_token_file_may_end_in_a_new_line(tmp_path: Path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    assert read_token(path) == TOKEN
