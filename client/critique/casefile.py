"""What the supervising model is shown of a run, kept to a size, with text of others as data."""

import json
import re
from collections.abc import Iterator
from typing import Any

from client.aliases import ALIAS, an_object, objects
from client.llm.conversation import plan_text
from client.llm.observed import as_data, stated_attributes, text_of
from client.trajectory import (
    Evidence,
    Message,
    Observation,
    State,
    ToolCall,
    Trajectory,
    Verdict,
)

EVIDENCE_LIMIT = 16_000
"""Characters of evidence that are shown at most."""
_ENTRY_LIMIT = 1_500
_FOR_CALLS = 4
"""The share of it that the calls may take: one part in so many."""
_DRAFT_LIMIT = 20_000
_EARLIER = 12
"""Checks of earlier verdicts that are shown, the latest ones."""


def rubric_lines(run: Trajectory) -> str:
    if not run.rubric or not run.rubric.criteria:
        return "(none)"
    criteria = sorted(run.rubric.criteria, key=lambda criterion: -criterion.weight)
    total = sum(one.weight for one in criteria) or 1.0
    return "\n".join(f"- ({one.weight / total:.0%}) {one.text}" for one in criteria)


def draft_text(message: Message) -> str:
    """What is judged, as the researcher wrote it."""
    if message.state is State.PLANNING and message.plan:
        return cut(plan_text(message.plan), _DRAFT_LIMIT)
    return cut(message.text or "(nothing)", _DRAFT_LIMIT)


def call_lines(calls: tuple[ToolCall, ...]) -> str:
    lines = (f"{call.id}: {call.name} {json_text(call.arguments)}" for call in calls)
    return cut("\n".join(lines), _DRAFT_LIMIT)


def earlier_lines(run: Trajectory, message: Message) -> str:
    """What was held against earlier attempts in this state, so that it is not said twice."""
    before = [v for v in run.verdicts if v.state is message.state and v.message_id != message.id]
    lines = [line for verdict in before for line in _held(verdict)]
    return "\n".join(lines[-_EARLIER:]) or "(none)"


def _held(verdict: Verdict) -> Iterator[str]:
    for check in verdict.checks:
        if check.severity == "refuse":
            about = f" {check.refers_to}" if check.refers_to else ""
            yield f"- {verdict.message_id} {check.code}{about}: {check.message}"


# What was observed


def observed_text(run: Trajectory, draft: str, limit: int) -> str:
    """The calls made and the evidence they gave, in `limit` characters or little more: what the
    draft names first, then the latest."""
    asked = {call.id: call for message in run.messages for call in message.tool_calls}
    calls = "\n".join(_called(asked[o.call_id], o) for o in run.observations if o.call_id in asked)
    # The latest calls are the ones a repeated call would repeat.
    made = calls[max(0, len(calls) - limit // _FOR_CALLS) :]
    text = f"{made}\n\n{_ledger(run, draft, limit - len(made))}"
    return as_data(text, "the tools") if calls else "(nothing yet)"


def _called(call: ToolCall, seen: Observation) -> str:
    gave = "; ".join(_gave(seen)) if seen.ok else f"failed: {seen.error}"
    return f"{call.id} {call.name} {json_text(call.arguments)} -> {cut(gave or 'nothing', 600)}"


def _gave(seen: Observation) -> Iterator[str]:
    result = seen.result or {}
    near = {_id(one): objects(one.get("violates")) for one in objects(result.get("near_misses"))}
    unknown = {_id(one): one.get("unknown") for one in objects(result.get("unverified"))}
    fits = [one.alias for one in seen.evidence if one.alias not in {**near, **unknown}]
    if fits:
        yield " ".join(fits)
    for alias, violates in near.items():
        yield f"{alias} is a near miss: {', '.join(str(one.get('text')) for one in violates)}"
    for alias, names in unknown.items():
        yield f"{alias} does not state: {json_text(names)}"
    if text := text_of(seen):
        yield text


def _id(entry: dict[str, Any]) -> str:
    return str(an_object(entry.get("product")).get("id"))


def _ledger(run: Trajectory, draft: str, limit: int) -> str:
    named = [alias for alias in aliases_in(draft) if alias in run.evidence]
    order = dict.fromkeys([*named, *reversed(run.evidence)])
    shown: list[str] = []
    left_out: list[str] = []
    for alias in order:
        entry = cut(_entry(run.evidence[alias]), _ENTRY_LIMIT)
        if len(entry) <= limit:
            shown.append(entry)
            limit -= len(entry)
        else:
            left_out.append(alias)
    more = f"\nseen, and not shown here: {' '.join(left_out)}" if left_out else ""
    return "\n".join(shown) + cut(more, 1_000)


def _entry(item: Evidence) -> str:
    fields = {k: v for k, v in item.fields.items() if k not in ("highlights", "url", "variants")}
    if attributes := objects(fields.get("attributes")):
        fields["attributes"] = stated_attributes(attributes)
    return f"{item.alias} {json_text(fields)}"


# Text


def aliases_in(text: str) -> list[str]:
    return re.findall(rf"(?<!\w){ALIAS.pattern}(?!\w)", text)


def escaped(text: str) -> str:
    """Text that cannot close the block it stands in."""
    return text.replace("<", "\\u003c")


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: max(0, limit - 4)]} […]"


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=str)
