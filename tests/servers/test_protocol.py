"""The official MCP client against the real servers, over each transport and both protocol eras."""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from servers.app import build_app
from servers.embedded.index import open_index
from tests.servers.toolshop import build_index

TOOLS = {
    "search_catalog": {"query": "drill", "price_max": 45, "attributes": {"hammer action": True}},
    "get_product": {"ids": ["d1", "nothing"]},
    "compare_products": {"ids": ["d1", "d13"]},
    "search_reviews": {"product_ids": ["d1"], "query": "battery"},
    "summarize_reviews": {"product_id": "d1"},
    "search_web": {"query": "drill"},
    "read_page": {"id": "guide", "query": "noise"},
}
ERAS = {"legacy": "2025-11-25", "auto": "2026-07-28"}
PROGRAM = Path(sys.executable).with_name("productresearch")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("protocol") / "index"
    build_index(path).close()
    return path


@asynccontextmanager
async def over_memory(folder: Path, era: str) -> AsyncIterator[Client]:
    server = build_app(open_index(folder))
    async with Client(server._mcp_server, mode=era) as client:  # pyright: ignore
        yield client


@asynccontextmanager
async def over_stdio(folder: Path, era: str) -> AsyncIterator[Client]:
    """As a desktop client starts it: an absolute path, a foreign folder, next to no environment."""
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / ".env").write_text("FASTMCP_LOG_LEVEL=nonsense\n")  # of a cloned repository
    started = StdioServerParameters(
        command=str(PROGRAM),
        args=["serve", "all", "--index", str(folder)],
        env={"PATH": os.defpath, "HOME": os.environ["HOME"]},
        cwd=elsewhere,
    )
    async with Client(stdio_client(started), mode=era) as client:
        yield client


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [PROGRAM, "serve", "all", "--http", "--port", "0", "--index", folder],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        announced = process.stderr.readline()
        yield announced.split()[2]
    finally:
        process.terminate()
        stdout, stderr = process.communicate(timeout=20)
    assert stdout == ""
    assert "Traceback" not in stderr
    assert process.returncode in (0, -15)


async def lists_and_calls_all_seven(client: Client, era: str) -> None:
    assert client.protocol_version == ERAS[era]
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(listed) == set(TOOLS)
    for name, arguments in TOOLS.items():
        result = await client.call_tool(name, arguments)
        assert not result.is_error, result.content
        schema = listed[name].output_schema
        assert schema is not None
        Draft202012Validator(schema).validate(result.structured_content)
        assert result.structured_content
    refused = await client.call_tool("get_product", {"ids": ["glove-X"]})
    assert refused.is_error
    assert "glove-M" in refused.content[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("era", ERAS)
async def test_all_seven_tools_in_memory(folder: Path, era: str):
    async with over_memory(folder, era) as client:
        await lists_and_calls_all_seven(client, era)


@pytest.mark.parametrize("era", ERAS)
async def test_all_seven_tools_over_stdio(folder: Path, era: str):
    async with over_stdio(folder, era) as client:
        await lists_and_calls_all_seven(client, era)


@pytest.mark.parametrize("era", ERAS)
async def test_all_seven_tools_over_http(address: str, era: str):
    async with Client(address, mode=era) as client:
        await lists_and_calls_all_seven(client, era)


async def test_the_list_of_tools_costs_less_than_4000_tokens(folder: Path):
    async with over_memory(folder, "auto") as client:
        listed = (await client.list_tools()).model_dump_json(by_alias=True, exclude_none=True)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        import bpe_openai  # reads its vocabulary in an old way
    assert len(bpe_openai.get_encoding("o200k_base").encode(listed)) < 4000


async def test_every_tool_and_parameter_says_what_a_model_must_know(folder: Path):
    async with over_memory(folder, "auto") as client:
        tools = (await client.list_tools()).tools
    for tool in tools:
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.annotations.idempotent_hint
        assert tool.annotations.open_world_hint is (tool.name in ("search_web", "read_page"))
        assert "max_tokens" in tool.input_schema["properties"]
        assert tool.output_schema is not None
        for schema in (tool.input_schema, tool.output_schema):
            Draft202012Validator.check_schema(schema)
            assert '"title": "' not in json.dumps(schema)


async def test_the_prompt_and_its_completions(folder: Path):
    from mcp_types import PromptReference

    async with over_memory(folder, "auto") as client:
        reference = PromptReference(name="research_product")
        brands = await client.complete(reference, {"name": "brand", "value": "b"})
        assert brands.completion.values == ["Bosch"]
        prompt = await client.get_prompt(
            "research_product", {"question": "a quiet drill", "brand": "Bosch"}
        )
    text = prompt.messages[0].content.text  # type: ignore[union-attr]
    assert "a quiet drill" in text
    assert "Brand: Bosch" in text


async def test_resources_are_offered_as_templates(folder: Path):
    async with over_memory(folder, "auto") as client:
        templates = (await client.list_resource_templates()).resource_templates
    assert {one.name for one in templates} == {"product", "review", "page"}
