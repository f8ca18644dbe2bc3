"""The README's way from a CSV to a client, run as it is written."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

REPOSITORY = Path(__file__).parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PROGRAM = str(Path(sys.executable).with_name("productresearch"))
CSV = """id,name,brand,price,category,stock,Noise level
k1,Aqua electric kettle,Aqua,24.99,Kitchen > Kettles,5,62 dB
k2,Brook electric kettle,Brook,39.50,Kitchen > Kettles,0,55 dB
"""


def commands() -> list[list[str]]:
    block = re.search(r"## Your own shop.*?```\n(.*?)```", README, re.DOTALL)
    assert block
    lines = [shlex.split(line, comments=True) for line in block[1].splitlines()]
    assert [line[0] for line in lines] == ["pipx", *["productresearch"] * 3]
    return lines[1:]


async def test_four_commands_lead_from_a_csv_to_a_client_that_finds_its_products(tmp_path: Path):
    home, shop = tmp_path / "home", tmp_path / "shop"
    home.mkdir()
    shop.mkdir()
    (shop / "shop.csv").write_text(CSV, encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PRODUCTRESEARCH_"))}
    environment = kept | {"HOME": str(home)}
    run_as_written(shop, environment)
    servers = json.loads((home / ".claude.json").read_text(encoding="utf-8"))["mcpServers"]
    (ours,) = servers.values()
    found = await asked_as_the_client_would(ours, environment)
    assert [(one["id"], one["price"], one["currency"]) for one in found] == [("k1", 24.99, "EUR")]


def run_as_written(shop: Path, environment: dict[str, str]) -> None:
    for command in commands():
        done = subprocess.run(
            [PROGRAM, *command[1:]], cwd=shop, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


async def asked_as_the_client_would(
    server: dict[str, Any], environment: dict[str, str]
) -> list[dict[str, Any]]:
    transport = StdioTransport(
        server["command"], server["args"], env=environment, cwd="/", keep_alive=False
    )
    async with Client(transport) as client:
        asked = {"query": "kettle", "in_stock": True}
        result = await client.call_tool_mcp("search_catalog", asked)
    assert result.structured_content
    return result.structured_content["products"]


def test_what_the_readme_links_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
