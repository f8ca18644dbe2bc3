"""What a model wrote, read as a plan or a report: generous with form, guessing no meaning."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from pydantic import ValidationError

from client.aliases import an_object
from client.markup import marks
from client.trajectory import Constraint, Need, Plan, Step

_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*\n(.*?)^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')
_SIGNS = {"<=": "at most", "≤": "at most", ">=": "at least", "≥": "at least"} | {
    "=": "is",
    "==": "is",
    "!=": "is not",
}
_FORM = (
    ' A plan looks like {"looking_for": "monitor", "needs": [{"id": "n1", "text": "under €300",'
    ' "hard": true, "constraint": {"field": "price", "op": "at most", "value": 300, "unit":'
    ' "EUR"}}], "steps": [{"text": "search monitors", "needs": ["n1"], "tool":'
    ' "search_catalog"}]}.'
)
_GENERAL_STEP = "Search, then look into every need"
_FAULTS_TOLD = 4

# The plan


def plan_of(text: str) -> tuple[Plan | None, str]:
    """The plan in a model's answer, or None and what to mend."""
    written = next(_objects(text), None)
    if written is None:
        told = "It is no complete JSON object" if "{" in text else "There is no JSON object in it"
        return None, f"{told}. Answer with the plan as one JSON object and nothing else.{_FORM}"
    try:
        return Plan.model_validate(_completed(written)), ""
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'the object'}: {fault['msg']}"
            for fault in error.errors(include_url=False)[:_FAULTS_TOLD]
        ]
        return None, f"It could not be read as a plan: {'; '.join(faults)}.{_FORM}"


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects in the text that could be a plan, those in code fences first."""
    for piece in (*_FENCE.findall(text), text):
        mended = _TRAILING_COMMA.sub(lambda found: found[1] or "", piece)
        at = mended.find("{")
        while at >= 0:
            found, end = _decoded(mended, at)
            if isinstance(found, dict) and found.keys() & {"looking_for", "steps"}:
                yield cast(dict[str, Any], found)
            at = mended.find("{", end)


def _decoded(text: str, at: int) -> tuple[Any, int]:
    """(the JSON value there or None, where to go on)"""
    try:
        return json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at + 1


def _completed(written: dict[str, Any]) -> dict[str, Any]:
    """With ids and steps that were left out, and without what a plan does not have."""
    plan = _known(written, Plan)
    needs = [_need(one) for one in _listed(plan.get("needs"))]
    for number, need in enumerate(needs, 1):
        need.setdefault("id", f"n{number}")
    steps = [_step(one) for one in _listed(plan.get("steps"))]
    if not steps:
        steps = [{"text": _GENERAL_STEP, "needs": [need["id"] for need in needs]}]
    return {**plan, "needs": needs, "steps": steps}


def _need(written: Any) -> dict[str, Any]:
    need = _known({"text": written} if isinstance(written, str) else written, Need)
    if "id" in need:
        need["id"] = _id(need["id"])
    if "constraint" in need:
        constraint = _known(need["constraint"], Constraint)
        if constraint.get("op") in _SIGNS:
            constraint["op"] = _SIGNS[constraint["op"]]
        need["constraint"] = constraint
    return need


def _step(written: Any) -> dict[str, Any]:
    step = _known({"text": written} if isinstance(written, str) else written, Step)
    if "needs" in step:
        step["needs"] = [_id(one) for one in _listed(step["needs"])]
    return step


def _id(written: Any) -> Any:
    """ "n1" where a model numbers its needs 1, 2, 3."""
    return f"n{written}" if re.fullmatch(r"\d+", str(written)) else written


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return cast(list[Any], value) if isinstance(value, list) else [value]


def _known(written: Any, shape: type[Plan | Need | Step | Constraint]) -> dict[str, Any]:
    """Models add fields of their own, and write null, "" or {} for what there is none of."""
    fields = an_object(written)
    return {k: v for k, v in fields.items() if k in shape.model_fields and v not in (None, "", {})}


# The report

_LONGEST_PREAMBLE = 300
_PREAMBLE = re.compile(r"\A(.*?)^(?=#{1,6} )", re.MULTILINE | re.DOTALL)
_ONE_FENCE = re.compile(r"\A(.*?)^```(?:markdown|md|text)?[ \t]*\n(.*)\Z", re.MULTILINE | re.DOTALL)


def report_of(text: str) -> str:
    """The markup, without the code fence and the words about it that models put around it."""
    fenced = _ONE_FENCE.match(text)
    if fenced and "## " in fenced[2] and "## " not in fenced[1]:
        text = re.split(r"^```[ \t]*$", fenced[2], maxsplit=1, flags=re.MULTILINE)[0]
    before = _PREAMBLE.match(text)
    if before and len(before[1]) <= _LONGEST_PREAMBLE and not any(marks(before[1])):
        text = text[before.end() :]
    return text.strip()
