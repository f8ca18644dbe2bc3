import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastmcp.client.transports import StdioTransport

from client import toolbox as toolboxes
from client.aliases import Aliases
from client.errors import ToolsUnavailable
from client.toolbox import (
    Source,
    Toolbox,
    configured_servers,
    open_toolbox,
    own_program,
    own_servers,
    running_server,
)
from client.trajectory import Observation, TaskGiven, ToolCall, Trajectory
from tests.client import shop
from tests.client.shop import build_shop

RUN = Trajectory(events=(TaskGiven(question="a kettle"),))


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(id=f"c-{name}", name=name, arguments=arguments)


async def made(box: Toolbox, run: Trajectory, *calls: ToolCall) -> Trajectory:
    for one in calls:
        run = run.with_(box.observed(run, one, await box.send(run, one), step=1))
    return run


def last(run: Trajectory) -> Observation:
    return run.observations[-1]


async def test_results_show_aliases_and_calls_send_ids() -> None:
    async with open_toolbox(build_shop()) as box:
        run = await made(
            box,
            RUN,
            call("search_catalog", query="kettle", price_max=35),
            call("search_reviews", product_ids=["p1", "p2"]),
            call("read_page", id="shop:guide"),
        )
    found, reviews, page = run.observations
    assert found.result
    assert [p["id"] for p in found.result["products"]] == ["p1", "p2"]
    assert [n["product"]["id"] for n in found.result["near_misses"]] == ["p3", "p4"]
    assert reviews.arguments == {"product_ids": ["shop:kettle-1", "shop:kettle-3"]}
    assert reviews.result
    assert [(r["id"], r["product_id"]) for r in reviews.result["reviews"]] == [("r1", "p1")]
    assert page.result
    assert page.result["id"] == "w1"
    assert "shop:" not in json.dumps([o.result for o in run.observations])
    assert run.evidence["p1"].id == "shop:kettle-1"
    assert run.evidence["r1"].fields["product_id"] == "p1"
    assert run.evidence["w1"].fields["passages"][0]["heading"] == "Noise"


async def test_each_tool_lays_what_it_knows_onto_the_evidence() -> None:
    async with open_toolbox(build_shop()) as box:
        run = await made(
            box,
            RUN,
            call("search_catalog", query="kettle"),
            call("get_product", ids=["p1"]),
            call("compare_products", ids=["p1", "p3"]),
            call("summarize_reviews", product_id="p1"),
        )
    first = run.evidence["p1"].fields
    assert first["description"] == "It boils water."
    assert {"name": "noise level", "value": "62 dB", "attribute": "noise"} in first["attributes"]
    assert first["review_summary"]["mean"] == 4.4
    assert first["review_summary"]["aspects"][0]["review_ids"] == ["r1", "r2"]
    assert [a["name"] for a in run.evidence["p3"].fields["attributes"]] == ["capacity"]
    # Reviews that were named and not shown have an alias, and nothing to quote.
    assert run.evidence["r2"].id == "shop:review-9"
    assert run.evidence["r2"].fields == {}


async def test_aliases_follow_from_the_recorded_events() -> None:
    async with open_toolbox(build_shop()) as box:
        searches = [call("search_catalog", query="cove"), call("search_catalog", query="kettle")]
        run = await made(box, RUN, *searches)
        read_back = Trajectory.model_validate_json(run.model_dump_json())
        again = await made(box, read_back, call("summarize_reviews", product_id="p4"))
    assert {a: e.id for a, e in again.evidence.items()} == {
        "p1": "shop:kettle-3",
        "p2": "shop:kettle-1",
        "p3": "shop:kettle-2",
        "p4": "shop:kettle-4",
        "r1": "shop:review-1",
        "r2": "shop:review-9",
    }


def test_an_unseen_alias_is_told_from_an_id() -> None:
    arguments = {"ids": ["p1", "B00ABC"], "query": "p7"}
    assert Aliases(RUN).unseen(arguments) == ["p1"]


async def test_what_cannot_be_sent_says_what_to_write_instead() -> None:
    async with open_toolbox(build_shop()) as box:
        refused = [
            box.refusal(RUN, call("search_katalog", query="kettle")),
            box.refusal(RUN, call("search_catalog", query="kettle", price_maxx=3)),
            box.refusal(RUN, call("get_product", ids=["p12"])),
        ]
        assert box.refusal(RUN, call("search_catalog", query="kettle")) is None
        assert [check.code for check in refused if check] == [
            "unknown_tool",
            "bad_arguments",
            "unseen_alias",
        ]
        for check, hint in zip(
            refused, ("Did you mean search_catalog?", "did you mean price_max?", "p12"), strict=True
        ):
            assert check
            assert hint in check.message
        wrong = await made(box, RUN, call("search_catalog", query="kettle", limit="many"))
        assert last(wrong).ok is False
        assert 'limit must be an integer, not "many"' in (last(wrong).error or "")


async def test_the_same_call_gives_the_recorded_observation() -> None:
    calls: list[str] = []
    async with open_toolbox(build_shop(calls)) as box:
        once = await made(box, RUN, call("search_catalog", query="kettle"))
        twice = await made(box, once, call("search_catalog", query="kettle"))
    assert calls == ["search_catalog"]
    assert last(twice).result == last(once).result


async def test_a_failed_call_is_made_again() -> None:
    calls: list[str] = []
    async with open_toolbox(build_shop(calls)) as box:
        broken = call("search_catalog", query="broken")
        run = await made(box, RUN, broken, broken)
    assert calls == ["search_catalog", "search_catalog"]
    assert last(run).error == "the index is closed; try again later"


async def test_tools_of_other_servers_are_prefixed_and_passed_as_text() -> None:
    async with open_toolbox(build_shop(), {"post": build_shop()}) as box:
        names = [tool.name for tool in box.tools]
        assert "search_catalog" in names
        assert "post_search_catalog" in names
        run = await made(
            box,
            RUN,
            call("post_shipping_note", town="Hull"),
            call("post_search_catalog", query="kettle"),
        )
    assert run.observations[0].result == {"text": "Two days to Hull."}
    assert run.observations[1].result
    assert set(run.observations[1].result) == {"text"}
    assert run.evidence == {}


@asynccontextmanager
async def over_http() -> AsyncGenerator[Source]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(build_shop().http_app(), log_level="error", lifespan="on")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield running_server(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp")
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def over_stdio() -> AsyncGenerator[Source]:
    yield StdioTransport(
        sys.executable,
        [shop.__file__],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        keep_alive=False,
    )


@pytest.mark.parametrize("session", [over_stdio, over_http])
async def test_sessions_over_stdio_and_http_answer_as_one_in_memory_does(session: Any) -> None:
    search = call("search_catalog", query="kettle", price_max=35)
    async with open_toolbox(build_shop()) as box:
        expected = await made(box, RUN, search)
    async with session() as source, open_toolbox(source) as box:
        run = await made(box, RUN, search)
    assert last(run).result == last(expected).result
    assert run.evidence == expected.evidence


async def test_a_server_that_dies_says_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "servers.log"
    dying = StdioTransport(
        sys.executable,
        ["-c", "import sys; sys.exit('no index at /nowhere')"],
        keep_alive=False,
        log_file=log,
    )
    with pytest.raises(ToolsUnavailable, match=r"the product servers: .*no index at /nowhere"):
        async with open_toolbox(dying):
            pass


def test_our_servers_are_started_without_the_model_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PRODUCTRESEARCH_INDEX", "/data/shop")
    transport = own_servers("/data/other", tmp_path / "log")
    assert transport.args[-4:] == ["serve", "all", "--index", "/data/other"]
    assert transport.env
    assert transport.env["PRODUCTRESEARCH_INDEX"] == "/data/shop"
    assert not any("sk-secret" in value for value in transport.env.values())


def test_our_servers_are_told_which_web_to_use_and_get_the_keys_of_search_services(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BRAVE_API_KEY", "b-key")
    transport = own_servers("/data/shop", tmp_path / "log", web="live")
    assert transport.args[-4:] == ["--index", "/data/shop", "--web", "live"]
    assert transport.env
    assert transport.env["BRAVE_API_KEY"] == "b-key"


def test_our_program_is_named_by_an_absolute_path(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(own_program()[0]).is_absolute()
    monkeypatch.setattr(toolboxes.sys, "executable", "/nowhere/bin/python")
    assert own_program()[:3] == ["/nowhere/bin/python", "-P", "-c"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "not a list of MCP servers"),
        ('{"mcpServers": {"a": {"cmd": 1}}}', "not a list of MCP servers"),
        ('{"mcpServers": {}}', "names no server"),
    ],
)
def test_a_file_of_servers_that_cannot_be_used_says_why(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "servers.json"
    path.write_text(text)
    with pytest.raises(ToolsUnavailable, match=re.escape(said)):
        configured_servers(path, tmp_path / "log")


def test_a_missing_file_of_servers_and_a_wrong_address_are_named(tmp_path: Path) -> None:
    with pytest.raises(ToolsUnavailable, match="cannot be read"):
        configured_servers(tmp_path / "none.json", tmp_path / "log")
    with pytest.raises(ToolsUnavailable, match="no address"):
        running_server("localhost:8765")
    with pytest.raises(ToolsUnavailable, match="holds a password"):
        running_server("http://me:secret@localhost:8765/mcp")


def test_a_file_of_servers_in_the_common_form_is_read(tmp_path: Path) -> None:
    path = tmp_path / "servers.json"
    servers = {"one": {"command": "x", "args": []}, "two": {"url": "https://shop.example/mcp"}}
    path.write_text(json.dumps({"mcpServers": servers}))
    assert list(configured_servers(path, tmp_path / "log")) == ["one", "two"]
