"""Tool calls as models write them: arguments that may be no JSON, and calls within the text."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

Call = tuple[str, dict[str, object]]
"""(tool name, arguments)"""

UNREADABLE = "arguments_that_are_no_json_object"
"""The one argument of a call whose own arguments could not be read; no tool has it."""

UNNAMED = "unnamed"
"""The tool of a call that names none; no tool has this name either."""

_SHOWN = 500
"""Characters of what could not be read that the model gets back."""

_DEEPEST = 50
"""No tool takes arguments nested deeper; far deeper ones cannot be kept."""

# A model that is cut off, or that begins the next call, does not close the last one.
_BLOCK = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|\Z)", re.DOTALL)
_NAME = re.compile(r'"name"\s*:\s*"([^"\\]+)"|<function=([^>\s]+)>')
_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>(.*?)</parameter>", re.DOTALL)


def arguments_of(written: object) -> dict[str, object]:
    """Of JSON text, or of the object itself where a server has read it already."""
    text = written if isinstance(written, str) else json.dumps(written)
    try:
        found = json.loads(text or "{}")
        plain = json.dumps(found, ensure_ascii=False, allow_nan=False)
        if isinstance(found, dict) and _depth(found) <= _DEEPEST:
            return json.loads(whole(plain))
    except (ValueError, RecursionError):
        pass
    return {UNREADABLE: text[:_SHOWN]}


def _depth(value: Any) -> int:
    match value:
        case dict():
            inner = cast(dict[str, Any], value).values()
        case list():
            inner = cast(list[Any], value)
        case _:
            return 0
    return 1 + max((_depth(one) for one in inner), default=0)


def whole(text: str) -> str:
    """Servers cut characters beyond the first plane in two; what stays half is replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def calls_in(text: str) -> tuple[str, tuple[Call, ...]]:
    """(the text around them, the calls) of text with `<tool_call>` blocks, in the order written.

    A block holds the JSON objects of Hermes, or the `<function=...>` of Qwen3-Coder."""
    calls = [call for block in _BLOCK.finditer(text) for call in _calls(block[1].strip())]
    return _BLOCK.sub("", text).strip(), tuple(calls)


def _calls(block: str) -> Iterator[Call]:
    if block.startswith("<function="):
        yield from _functions(block)
        return
    written = _objects(block)
    if not written or not all(_is_call(one) for one in written):
        name = _NAME.search(block)
        yield (name[1] or name[2]) if name else UNNAMED, {UNREADABLE: block[:_SHOWN]}
        return
    for one in written:
        yield whole(one["name"]), arguments_of(one.get("arguments", one.get("parameters", {})))


def _objects(block: str) -> list[Any]:
    """The JSON values that the block is made of; none where anything else stands in it."""
    found: list[Any] = []
    while block:
        try:
            value, end = json.JSONDecoder().raw_decode(block)
        except (ValueError, RecursionError):
            return []
        found += cast(list[Any], value) if isinstance(value, list) else [value]
        block = block[end:].lstrip()
    return found


def _is_call(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(cast(Any, value).get("name"), str)


def _functions(block: str) -> Iterator[Call]:
    for name, inner in _FUNCTION.findall(block):
        if _PARAMETER.sub("", inner).strip():
            yield name, {UNREADABLE: inner.strip()[:_SHOWN]}
        else:
            values = {key: _value(value.strip()) for key, value in _PARAMETER.findall(inner)}
            yield name, arguments_of(values)


def _value(written: str) -> object:
    """A parameter is JSON where it can be, and else the text itself."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written
