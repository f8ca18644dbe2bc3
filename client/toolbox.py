"""MCP sessions as the tools of one run: our servers, and any others the user names."""

import json
import os
import re
import sys
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from fastmcp import Client, FastMCP
from fastmcp.client.transports import ClientTransport, StdioTransport, StreamableHttpTransport
from fastmcp.mcp_config import MCPConfig
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from mcp.client.stdio import get_default_environment
from mcp_types import CallToolResult, TextContent
from mcp_types import Tool as McpTool
from pydantic import ValidationError

from client import refusals
from client.aliases import OUR_TOOLS, Aliases, Fields
from client.checks.foreign import foreign_call
from client.errors import ToolsUnavailable
from client.trajectory import Check, Observation, ToolCall, Trajectory

Source = ClientTransport | FastMCP

CALL_TIMEOUT = 120.0
"""Seconds one tool call may take; a first search may have to load the index."""
_PASSED_ON = ("PRODUCTRESEARCH_", "XDG_", "SSL_CERT_", "BRAVE_API_KEY", "TAVILY_API_KEY")
"""What our servers are given of the environment."""
_TOKEN = "PRODUCTRESEARCH_SERVER_TOKEN"
_FOREIGN_LIMIT = 20_000
"""Characters of a foreign tool's answer that a run keeps."""


@dataclass(frozen=True)
class Tool:
    """One tool as the researcher sees it."""

    name: str
    description: str
    input_schema: Fields
    ours: bool
    """Whether its results are read for evidence."""

    @property
    def offered(self) -> Fields:
        keys = ("name", "description", "input_schema")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True)
class Answer:
    """What came back for one call, not yet part of the run."""

    arguments: Fields
    """As sent, with real ids."""
    structured: Fields | None = None
    text: str = ""
    error: str | None = None
    seconds: float = 0.0
    recorded: Observation | None = None
    """The same call was made before in this run; this is what it gave."""


@dataclass(frozen=True)
class _Route:
    tool: Tool
    client: "Client[Any] | None"
    """None: the tool is known and cannot be reached."""
    upstream: str
    validator: Validator


class Toolbox:
    def __init__(self, routes: Sequence[_Route]) -> None:
        self._routes = {route.tool.name: route for route in routes}

    @staticmethod
    def offline(offered: Iterable[Fields]) -> "Sequence[_Route]":
        """The tools of a recorded run: calls can be judged, and none can be sent."""
        named = (
            Tool(o["name"], o["description"], o["input_schema"], o["name"] in OUR_TOOLS)
            for o in offered
        )
        return [_route_of(None, tool, tool.name) for tool in named]

    @property
    def tools(self) -> tuple[Tool, ...]:
        return tuple(route.tool for route in self._routes.values())

    def refusal(self, run: Trajectory, call: ToolCall) -> Check | None:
        """Why the call cannot be sent, and what to write instead; None where it can.

        Codes: unknown_tool, bad_arguments, unseen_alias, from_page_text."""
        route = self._routes.get(call.name)
        if route is None:
            return _refused(
                "unknown_tool", refusals.unknown_tool(call.name, list(self._routes)), call
            )
        errors = route.validator.iter_errors(call.arguments)  # pyright: ignore[reportUnknownMemberType]
        schema = route.tool.input_schema
        if faults := refusals.bad_arguments(call.name, schema, call.arguments, errors):
            return _refused("bad_arguments", faults, call)
        if route.tool.ours and (unseen := Aliases(run).unseen(call.arguments)):
            return _refused("unseen_alias", refusals.unseen_alias(call.name, unseen, run), call)
        if foreign := foreign_call(run, call):
            return _refused("from_page_text", foreign, call)
        return None

    async def send(self, run: Trajectory, call: ToolCall) -> Answer:
        """Every failure is an answer: the run goes on and the researcher reads it."""
        if refusal := self.refusal(run, call):
            return Answer(call.arguments, error=refusal.message)
        route = self._routes[call.name]
        if route.client is None:
            return Answer(call.arguments, error=f"{call.name} cannot be reached")
        arguments = call.arguments
        if route.tool.ours:
            arguments = Aliases(run).turned_back(arguments)
        if before := recorded(run, call.name, arguments):
            return Answer(arguments, recorded=before)
        started = time.monotonic()
        try:
            result = await route.client.call_tool_mcp(route.upstream, arguments)
        except Exception as error:
            text = f"{call.name} gave no result: {error}"
            return Answer(arguments, error=text, seconds=time.monotonic() - started)
        return _answer(arguments, result, time.monotonic() - started)

    def observed(self, run: Trajectory, call: ToolCall, answer: Answer, step: int) -> Observation:
        """The answer as the run records it. `run` must hold the observations before it."""
        shown = Observation(
            call_id=call.id,
            name=call.name,
            arguments=answer.arguments,
            ok=answer.error is None,
            error=answer.error,
            step=step,
            seconds=round(answer.seconds, 3),
        )
        if before := answer.recorded:
            update = {"result": before.result, "evidence": before.evidence}
            return shown.model_copy(update=update)
        if answer.error is not None:
            return shown
        if answer.structured is None or not self._routes[call.name].tool.ours:
            return shown.model_copy(update={"result": {"text": answer.text}})
        result, evidence = Aliases(run).aliased(call.name, answer.structured)
        return shown.model_copy(update={"result": result, "evidence": evidence})


def recorded(run: Trajectory, name: str, arguments: Fields) -> Observation | None:
    """The successful observation of the same call, if there is one."""
    same = (o for o in run.observations if o.ok and o.name == name and o.arguments == arguments)
    return next(same, None)


def _refused(code: str, message: str, call: ToolCall) -> Check:
    return Check(code=code, severity="refuse", message=message, refers_to=call.id)


def _answer(arguments: Fields, result: CallToolResult, seconds: float) -> Answer:
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    if result.is_error:
        return Answer(arguments, error=text or "the tool failed", seconds=seconds)
    if len(text) > _FOREIGN_LIMIT:
        text = f"{text[:_FOREIGN_LIMIT]}\n[cut: {len(text) - _FOREIGN_LIMIT} characters more]"
    return Answer(arguments, result.structured_content, text, seconds=seconds)


# Sessions


@asynccontextmanager
async def open_toolbox(
    ours: Source, others: Mapping[str, Source] | None = None
) -> AsyncGenerator[Toolbox]:
    """A toolbox over live sessions. Tools of `others` are named `server_tool`.

    Raises ToolsUnavailable where a server cannot be reached."""
    async with AsyncExitStack() as stack:
        routes = await _routes(stack, "the product servers", ours, prefix=None)
        for name, source in (others or {}).items():
            routes += await _routes(stack, f"the server {name!r}", source, prefix=name)
        yield Toolbox(routes)


async def _routes(
    stack: AsyncExitStack, named: str, source: Source, prefix: str | None
) -> list[_Route]:
    client = cast("Client[Any]", Client(source, timeout=CALL_TIMEOUT))
    try:
        await stack.enter_async_context(client)
        tools = await client.list_tools()
    except Exception as error:
        raise ToolsUnavailable(f"{named}: no session ({_reason(source, error)})") from error
    return [_route(client, tool, prefix) for tool in tools]


def _route(client: "Client[Any]", tool: McpTool, prefix: str | None) -> _Route:
    name = tool.name if prefix is None else _public_name(f"{prefix}_{tool.name}")
    ours = prefix is None and tool.name in OUR_TOOLS
    return _route_of(client, Tool(name, tool.description or "", tool.input_schema, ours), tool.name)


def _route_of(client: "Client[Any] | None", tool: Tool, upstream: str) -> _Route:
    validator = validator_for(tool.input_schema, default=Draft202012Validator)
    return _Route(tool, client, upstream, validator(tool.input_schema))


def _public_name(name: str) -> str:
    """A name that every model's API accepts."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64]


def _reason(source: Source, error: Exception) -> str:
    """What the server itself said last is worth more than what the connection says."""
    log = source.log_file if isinstance(source, StdioTransport) else None
    text = log.read_text(errors="replace") if isinstance(log, Path) and log.is_file() else ""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    if isinstance(source, StreamableHttpTransport) and _TOKEN not in os.environ:
        return f"{error}; where it asks for a token, set {_TOKEN}"
    return said[-1] if said else str(error)


def own_servers(index: str | None, log: Path, web: str | None = None) -> StdioTransport:
    """Our servers as a subprocess on `index`; what it says on stderr goes to `log`. `web`: off,
    index, live or replay; None: as the user's settings have it."""
    command, *arguments = own_program()
    where = [*(["--index", index] if index else []), *(["--web", web] if web else [])]
    ours = {k: v for k, v in os.environ.items() if k.startswith(_PASSED_ON)}
    return StdioTransport(
        command,
        [*arguments, "serve", "all", *where],
        # Not the whole environment: a server has no use for a model's key.
        env=get_default_environment() | ours,
        keep_alive=False,
        log_file=log,
    )


def own_program() -> list[str]:
    """The command that runs this installation, by absolute path."""
    name = "productresearch.exe" if sys.platform == "win32" else "productresearch"
    script = Path(sys.executable).parent / name
    if script.is_file():
        return [str(script)]
    root = str(Path(__file__).resolve().parents[1])
    # -P: a module in the current folder must not run in place of ours.
    code = f"import sys; sys.path.insert(0, {root!r}); import productresearch as p; p.main()"
    return [sys.executable, "-P", "-c", code]


def running_server(url: str) -> StreamableHttpTransport:
    """Our servers that already run; PRODUCTRESEARCH_SERVER_TOKEN is their bearer token, if they
    ask for one. Raises ToolsUnavailable for an address that is none."""
    if not re.match(r"https?://[^/]", url):
        raise ToolsUnavailable(f"{url!r} is no address of a server: http://HOST:PORT/mcp is one")
    if "@" in urlsplit(url).netloc:
        raise ToolsUnavailable(
            "the server's address holds a password, which the run folder would keep; leave it out"
        )
    token = os.environ.get(_TOKEN, "").strip()
    return StreamableHttpTransport(url, auth=token or None)


def configured_servers(path: Path, log: Path) -> dict[str, Source]:
    """The servers of a file in the common form {"mcpServers": {NAME: {command | url, ...}}}.

    What those that run as subprocesses say on stderr goes to `log`."""
    try:
        config = MCPConfig.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ToolsUnavailable(f"{path}: cannot be read ({error.strerror})") from error
    except json.JSONDecodeError as error:
        raise ToolsUnavailable(f"{path}, line {error.lineno}: not JSON ({error.msg})") from error
    except (ValidationError, AttributeError, TypeError, UnicodeDecodeError) as error:
        raise ToolsUnavailable(
            f'{path}: not a list of MCP servers; it should look like {{"mcpServers": {{"name":'
            ' {"command": "...", "args": []}}} or {"url": "https://..."}'
        ) from error
    if not config.mcpServers:
        raise ToolsUnavailable(f'{path}: names no server under "mcpServers"')
    transports = {name: server.to_transport() for name, server in config.mcpServers.items()}
    for transport in transports.values():
        if isinstance(transport, StdioTransport):
            transport.log_file, transport.keep_alive = log, False
    return dict(transports)
