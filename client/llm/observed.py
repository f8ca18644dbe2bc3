"""What tools returned, as a model reads it: nothing absent, nothing twice, marked as data."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from client.aliases import an_object, objects
from client.trajectory import Evidence, Observation, fold_evidence

_OF_NO_USE = frozenset(("url", "image_url", "group", "type_source", "as_of", "snapshot"))
"""Addresses and dates of data: the report's references bring them."""
_ALWAYS = frozenset(("id", "title", "price", "rating"))
"""What an item is shown with again when the rest of it was shown before."""


def as_read(observations: Iterable[Observation]) -> dict[str, str]:
    """By call: each result as a model reads it after those before it."""
    texts: dict[str, str] = {}
    known: dict[str, Evidence] = {}
    notes: set[str] = set()
    for one in observations:
        texts[one.call_id] = _read(one, known, notes)
        known = fold_evidence(one.evidence, known)
        notes.add(_note(one))
    return texts


def as_data(text: str, source: str) -> str:
    # No text of others can close the block.
    return f'<data from="{source}">\n{text.replace("<", chr(92) + "u003c")}\n</data>'


def _read(observation: Observation, known: Mapping[str, Evidence], notes: set[str]) -> str:
    if not observation.ok:
        return f"The call failed: {observation.error}"
    result = dict(observation.result or {})
    if _note(observation) in notes:
        result.pop("note", None)
    stated = _terse(result, "", known)
    text = json.dumps(stated, ensure_ascii=False, separators=(",", ":"), default=str)
    return as_data(text, observation.name)


def _note(observation: Observation) -> str:
    return str((observation.result or {}).get("note") or "")


def _terse(value: Any, key: str, known: Mapping[str, Evidence]) -> Any:
    if isinstance(value, list):
        return _terse_list(cast(list[Any], value), key, known)
    if not isinstance(value, dict):
        return value
    fields = _unseen(cast(dict[str, Any], value), known)
    kept = {name: _terse(one, name, known) for name, one in fields.items()}
    return {name: one for name, one in kept.items() if one not in (None, [], {}, "")}


def _terse_list(values: list[Any], key: str, known: Mapping[str, Evidence]) -> Any:
    entries = objects(values)
    if entries and all(entry.keys() == {"value", "count"} for entry in entries):
        return {str(entry["value"]): entry["count"] for entry in entries}
    match key:
        case "attributes" if entries and all("value" in entry for entry in entries):
            return stated_attributes(entries)
        case "violates" if entries:
            return [entry.get("text") for entry in entries]
        case "rows" if entries:
            return [_row(entry) for entry in entries]
        case _:
            return [_terse(one, "", known) for one in values]


def stated_attributes(entries: Iterable[dict[str, Any]]) -> dict[str, str]:
    """By the catalog's own name, which is how a report refers to them."""
    stated: dict[str, str] = {}
    for entry in entries:
        name, value = str(entry.get("attribute") or entry.get("name")), str(entry.get("value"))
        held = stated.get(name)
        stated[name] = value if held in (None, value) else f"{held}, {value}"
    return stated


def _row(row: dict[str, Any]) -> dict[str, Any]:
    cells = {str(cell.get("product_id")): _cell(row, cell) for cell in objects(row.get("cells"))}
    return {"attribute": row.get("attribute"), **cells}


def _cell(row: dict[str, Any], cell: dict[str, Any]) -> str:
    if cell.get("value") is None:
        return "not stated"
    named = cell.get("attribute")
    under = f" ({named})" if named and named != row.get("attribute") else ""
    return f"{cell['value']}{under}"


def _unseen(fields: dict[str, Any], known: Mapping[str, Evidence]) -> dict[str, Any]:
    """The fields of an item without what was shown of it before."""
    fields = {k: v for k, v in fields.items() if k not in _OF_NO_USE}
    before = known.get(str(fields.get("id")))
    if before is None or not before.fields:
        return fields
    held = before.fields
    new = {k: v for k, v in fields.items() if k in _ALWAYS or v != held.get(k)}
    if attributes := objects(new.get("attributes")):
        old = objects(held.get("attributes"))
        new["attributes"] = [entry for entry in attributes if entry not in old]
    return new


def text_of(observation: Observation) -> str:
    """What a tool that is not ours answered."""
    return str(an_object(observation.result).get("text") or "")
