"""Why a tool call cannot be sent, said so that a model writes it right the next time."""

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from jsonschema import ValidationError

from client.aliases import LETTERS, Fields, an_object
from client.chat.calls import UNNAMED, UNREADABLE
from client.trajectory import Trajectory

_FAULTS_TOLD = 3
_SHOWN = 80
"""Characters of a wrong value that are shown."""
_LATEST = 12
_EXAMPLES: dict[str, Any] = {"string": "...", "integer": 1, "number": 1, "boolean": True}


def unknown_tool(name: str, known: Sequence[str]) -> str:
    if name == UNNAMED:
        return f"The call names no tool. The tools are: {', '.join(known)}."
    near = difflib.get_close_matches(name, known, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"There is no tool {name!r}.{hint} The tools are: {', '.join(known)}."


def bad_arguments(
    tool: str, schema: Fields, arguments: Fields, errors: Iterable[ValidationError]
) -> str | None:
    """None where nothing is wrong with them."""
    if UNREADABLE in arguments:
        written = _shortened(str(arguments[UNREADABLE]))
        return f"{tool}: the arguments `{written}` are no JSON object. {_form(tool, schema)}"
    known = an_object(schema.get("properties"))
    unknown = [name for name in arguments if known and name not in known]
    errors = [error for error in errors if error.validator != "additionalProperties"]
    faults = [_fault(error) for error in errors]
    faults += [_unknown_parameter(name, known) for name in unknown]
    if not faults:
        return None
    told = "; ".join(dict.fromkeys(faults[:_FAULTS_TOLD]))
    lacking = unknown or any(error.validator == "required" for error in errors)
    return f"{tool}: {told}.{f' {_form(tool, schema)}' if lacking else ''}"


def unseen_alias(tool: str, unseen: Sequence[str], run: Trajectory) -> str:
    kinds = {alias[0] for alias in unseen}
    known = [alias for alias in run.evidence if alias[0] in kinds]
    shown = f"the latest are {', '.join(known[-_LATEST:])}" if known else "there are none yet"
    kind = " or ".join(f"{kind}s" for kind, letter in LETTERS.items() if letter in kinds)
    return f"{tool}: no result has {', '.join(unseen)}. Name {kind} as the results do; {shown}."


def _fault(error: ValidationError) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".")
    at = f"{place} " if place else ""
    value = _shown(error.instance)
    match error.validator, cast(Any, error.validator_value):
        case "required", _:
            missing = error.message.partition("'")[2].partition("'")[0]
            return f"{at}lacks {missing}"
        case "type", asked:
            return f"{at}must be {_a(asked)}, not {value}{_unquoted(error.instance)}"
        case "enum", asked:
            return f"{at}must be one of {', '.join(_shown(one) for one in asked)}, not {value}"
        case "minimum" | "exclusiveMinimum", limit:
            return f"{at}must be at least {limit}, not {value}"
        case "maximum" | "exclusiveMaximum", limit:
            return f"{at}must be at most {limit}, not {value}"
        case "minItems", limit:
            return f"{at}must hold at least {limit}"
        case "maxItems", limit:
            return f"{at}must hold at most {limit}: make several calls"
        case "minLength", _:
            return f"{at}must not be empty"
        case "maxLength", limit:
            return f"{at}must be at most {limit} characters long"
        case "anyOf" | "oneOf", asked:
            types = list(_types(asked))
            return f"{at}must be {_a(types)}, not {value}{_unquoted(error.instance)}"
        case _:
            return f"{at}is wrong: {_shortened(error.message)}"


def _unquoted(value: object) -> str:
    """Models write "400" for 400."""
    try:
        read = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    return "" if read is None else f" (write {value} without quotes)"


def _a(types: object) -> str:
    named = cast(list[Any], types if isinstance(types, list) else [types])
    return " or ".join(f"{'an' if str(one)[0] in 'aeio' else 'a'} {one}" for one in named)


def _types(schemas: Any) -> Iterator[str]:
    for schema in cast(list[Fields], schemas):
        if schema.get("type") not in (None, "null"):
            yield str(schema["type"])


def _unknown_parameter(name: str, known: Fields) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"there is no parameter {name!r}{hint}"


def _form(tool: str, schema: Fields) -> str:
    """What a call must hold, as an example, and what it may hold."""
    known = an_object(schema.get("properties"))
    required = [name for name in cast(list[str], schema.get("required") or ()) if name in known]
    named = required or list(known)[:1]
    example = {name: _example(an_object(known[name])) for name in named}
    more = [name for name in known if name not in example]
    also = f"; it may also hold {', '.join(more)}" if more else ""
    return f"The right form: {tool} {json.dumps(example)}{also}."


def _example(schema: Fields) -> Any:
    match schema.get("type"):
        case "array":
            count = int(schema.get("minItems") or 1)
            return [_example(an_object(schema.get("items")))] * count
        case "object":
            return {}
        case kind:
            return _EXAMPLES.get(str(kind), "...")


def _shown(value: object) -> str:
    return _shortened(json.dumps(value, ensure_ascii=False, default=str))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
