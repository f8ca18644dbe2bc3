"""How a tool is declared: small schemas, errors that a model can act on, one text per result.

Every session of every client pays for `tools/list`, so schemas lose what says nothing (titles,
defaults, "or null"), and what a client reads loses what is absent. The structured result keeps
every field.
"""

import functools
import importlib.metadata
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

import mcp_types
import pydantic_core
from fastmcp import FastMCP
from fastmcp.exceptions import ResourceError, ToolError, ValidationError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import Tool
from fastmcp.tools.base import ToolResult
from pydantic import BaseModel
from pydantic import ValidationError as PydanticValidationError

from servers.answers.shapes import as_read
from servers.index import ServersError
from servers.language.asked import FORMS
from servers.records import Kind

P = ParamSpec("P")
R = TypeVar("R", bound=BaseModel)
Schema = dict[str, Any]

logger = logging.getLogger(__name__)


def new_server(name: str, instructions: str) -> FastMCP:
    return FastMCP(
        name,
        instructions,
        version=_version(),
        middleware=[PlainArgumentErrors()],
        dereference_schemas=False,  # a definition used thrice is sent once
        on_duplicate="error",
    )


def _version() -> str:
    try:
        return importlib.metadata.version("productresearch")
    except importlib.metadata.PackageNotFoundError:  # run from a checkout
        return "0"


def add_resource(server: FastMCP, kind: Kind, read: Callable[[str], str]) -> None:
    """Offers `kind://{id}`: what a tool result names can be read back. An id is no path, so
    slashes and dots in it are its own."""

    def resource(id: str) -> str:
        try:
            return read(id)
        except ServersError as error:
            raise ResourceError(str(error), log_level=logging.INFO) from error

    server.resource(
        kind + "://{id*}",
        name=kind,
        description=read.__doc__,
        mime_type="application/json",
        security=None,
    )(resource)


def add_tool(
    server: FastMCP, tool: Callable[P, Awaitable[R]], result: type[R], *, open_world: bool = False
) -> None:
    """Offers `tool` under its own name; its docstring and parameters are what a model reads."""
    declared = Tool.from_function(
        _answering(tool),
        output_schema=_result_schema(result),
        annotations=mcp_types.ToolAnnotations(
            read_only_hint=True, idempotent_hint=True, open_world_hint=open_world
        ),
    )
    declared.parameters = _without_noise(declared.parameters)
    server.add_tool(declared)


def _answering(tool: Callable[P, Awaitable[BaseModel]]) -> Callable[P, Awaitable[ToolResult]]:
    """The one place where errors become something a model reads."""

    @functools.wraps(tool)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> ToolResult:
        try:
            result = await tool(*args, **kwargs)
        except ServersError as error:
            raise ToolError(str(error), log_level=logging.INFO) from error
        except Exception as error:
            logger.exception("%s failed", getattr(tool, "__name__", "a tool"))
            raise ToolError(
                f"The server failed on this call ({type(error).__name__}: {error}). It is a fault"
                " of the server, not of the arguments; simpler arguments may still work."
            ) from error
        structured = result.model_dump(mode="json")
        text = pydantic_core.to_json(as_read(structured)).decode()
        content = mcp_types.TextContent(type="text", text=text)
        return ToolResult(content=[content], structured_content=structured)

    answer.__annotations__ = {**tool.__annotations__, "return": ToolResult}
    return answer


class PlainArgumentErrors(Middleware):
    """Says which argument was refused and why, without the validator's own vocabulary."""

    async def on_call_tool(
        self,
        context: MiddlewareContext[mcp_types.CallToolRequestParams],
        call_next: CallNext[mcp_types.CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        try:
            return await call_next(context)
        except ValidationError as error:
            if not isinstance(error.__cause__, PydanticValidationError):
                raise
            text = _refusals(error.__cause__)
            raise ToolError(f"{context.message.name}: {text}", log_level=logging.INFO) from error


def _refusals(error: PydanticValidationError) -> str:
    by_argument: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False):
        argument = str(fault["loc"][0]) if fault["loc"] else "arguments"
        reason = _in_words(fault["type"], fault["msg"])
        by_argument.setdefault(argument, []).append(
            f"give {FORMS}" if argument == "attributes" else reason
        )
    return "; ".join(
        f"`{argument}`: {' or '.join(dict.fromkeys(reasons))}"
        for argument, reasons in by_argument.items()
    )


def _in_words(kind: str, message: str) -> str:
    if kind == "unexpected_keyword_argument":
        return "this tool has no such parameter; see its input schema"
    if kind == "missing_argument":
        return "is required"
    return message[0].lower() + message[1:]


# Schemas


def _result_schema(result: type[BaseModel]) -> Schema:
    schema = result.model_json_schema(mode="serialization")
    return _tidy(schema, keep_null=True)


def _without_noise(parameters: Schema) -> Schema:
    """A parameter that may be left out need not say that it may be null as well."""
    return _tidy(parameters, keep_null=False)


def _tidy(schema: Any, *, keep_null: bool, names: bool = False) -> Any:
    """`names`: the keys of this object are names of properties, not words of JSON Schema."""
    if isinstance(schema, list):
        return [_tidy(one, keep_null=keep_null) for one in schema]  # pyright: ignore
    if not isinstance(schema, dict):
        return schema
    tidied: Schema = {
        key: _tidy(one, keep_null=keep_null, names=not names and key in ("properties", "$defs"))
        for key, one in schema.items()  # pyright: ignore
        if names or key not in ("title", "default", "additionalProperties") or _is_meant(key, one)
    }
    return tidied if names else _without_null_arm(tidied, keep_null)


def _is_meant(key: str, value: Any) -> bool:
    """A default that a caller would want to know; the type of a map's values."""
    if key == "default":
        return value not in (None, [], {}, "")
    return key == "additionalProperties" and isinstance(value, dict)


def _without_null_arm(schema: Schema, keep_null: bool) -> Schema:
    arms: list[Schema] = schema.get("anyOf", [])
    rest = [arm for arm in arms if arm != {"type": "null"}]
    if len(rest) == len(arms):
        return _one_type(schema)
    others = {key: one for key, one in schema.items() if key != "anyOf"}
    if len(rest) > 1:
        return others | {"anyOf": rest if not keep_null else arms}
    if not keep_null:
        return rest[0] | others
    if isinstance(rest[0].get("type"), str) and "enum" not in rest[0]:
        return rest[0] | others | {"type": [rest[0]["type"], "null"]}
    return schema


def _one_type(schema: Schema) -> Schema:
    """`{"type": [...]}` for a choice between bare types."""
    arms: list[Schema] = schema.get("anyOf", [])
    if not arms or any(set(arm) != {"type"} for arm in arms):
        return schema
    others = {key: one for key, one in schema.items() if key != "anyOf"}
    return others | {"type": [arm["type"] for arm in arms]}
