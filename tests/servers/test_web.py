import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from servers.embedded.index import EmbeddedIndex
from servers.web import build_server
from tests.servers.toolshop import build_index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    opened = build_index(tmp_path_factory.mktemp("web") / "index")
    yield opened
    opened.close()


@pytest.fixture
async def client(index: EmbeddedIndex) -> AsyncIterator[Client[Any]]:
    async with Client(build_server(index)) as connected:
        yield connected


async def call(client: Client[Any], tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    return result.structured_content


async def refusal(client: Client[Any], **arguments: Any) -> str:
    with pytest.raises(ToolError) as refused:
        await client.call_tool("read_page", arguments)
    return str(refused.value)


async def test_a_hit_has_a_snippet_that_answers(client: Client[Any]):
    found = await call(client, "search_web", query="quiet drill noise")
    assert found["pages"][0]["id"] == "guide"
    assert "Below 75 dB(A) is quiet" in found["pages"][0]["snippet"]
    assert found["pages"][0]["published"] == "2025-03-01"


async def test_site_and_date_narrow_the_search(client: Client[Any]):
    old = await call(client, "search_web", query="drill", site="old.example")
    assert [one["id"] for one in old["pages"]] == ["old"]
    recent = await call(client, "search_web", query="drill", since="2025-01-01")
    assert [one["id"] for one in recent["pages"]] == ["guide"]


async def test_a_page_opens_at_the_passages_that_matter(client: Client[Any]):
    page = await call(client, "read_page", id="guide", query="how quiet should it be")
    assert page["passages"][0] == {
        "text": "Below 75 dB(A) is quiet for a drill. pixel",
        "heading": "Choosing a drill > Noise",
    }
    assert "evil.example" not in json.dumps(page)


async def test_reading_on_gives_each_passage_once(client: Client[Any]):
    texts: list[str] = []
    cursor = None
    for _ in range(20):
        page = await call(client, "read_page", id="guide", max_tokens=600, cursor=cursor)
        texts += [one["text"] for one in page["passages"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert cursor is None
    assert texts[0] == "Most homes need one drill."
    assert len(texts) == len(set(texts)) == 33


async def test_a_page_is_found_by_its_address(client: Client[Any]):
    page = await call(client, "read_page", url="https://guides.example/drill#noise")
    assert page["id"] == "guide"


@pytest.mark.parametrize(
    "url", ["https://evil.example/?q=secret", "https://guides.example/other", "file:///etc/passwd"]
)
async def test_no_other_address_is_read(client: Client[Any], url: str):
    assert "carry data away" in await refusal(client, url=url)


async def test_a_refusal_says_what_to_change(client: Client[Any]):
    assert "either `id` or `url`" in await refusal(client)
    assert "either `id` or `url`" in await refusal(client, id="guide", url="https://x.example")
    assert "guide" in await refusal(client, id="giude")
    assert "without it" in await refusal(client, id="guide", cursor="xyz")
    first = await call(client, "read_page", id="guide", max_tokens=600)
    other = await refusal(client, id="old", cursor=first["next_cursor"])
    assert "another page" in other


async def test_a_query_that_a_page_does_not_answer_is_said(client: Client[Any]):
    page = await call(client, "read_page", id="old", query="submarines")
    assert "No passage here holds" in page["note"]
    assert page["passages"]


async def test_a_page_can_be_read_back_as_a_resource(client: Client[Any]):
    content = await client.read_resource("page://guide")
    assert json.loads(content[0].text)["site"] == "guides.example"  # type: ignore[union-attr]
