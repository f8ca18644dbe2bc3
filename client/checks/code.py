"""What code can hold against a plan, a tool call or a report, from what the run has recorded.

Each function yields `Check`s. A code is a promise: manifests count them and training data names
them. The texts are read by a model: they say what is wrong and what to write instead.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from client.aliases import objects
from client.checks.checking import overlap, refused, weighed, words
from client.checks.constraints import stated
from client.checks.foreign import foreign_in_report
from client.checks.recommended import number_checks, recommended_checks
from client.grounding.claims import claims_in
from client.markup import (
    COMPARISON,
    NEEDS,
    RECOMMENDATION,
    Mark,
    Parsed,
    parse,
    quoted,
    value_of,
)
from client.trajectory import (
    Check,
    Evidence,
    Message,
    Need,
    Observation,
    Plan,
    ToolCall,
    Trajectory,
)

GAPS = frozenset({"nothing_found_yet", "not_opened", "research_gap"})
"""Faults of a report that only more research mends."""

_PRODUCT_FIELDS = frozenset(
    "title brand category type price currency rating review_count in_stock as_of url".split()
)


# The plan


def of_plan(question: str, plan: Plan | None, tools: Sequence[str]) -> Iterator[Check]:
    if plan is None:
        yield refused("no_plan", "There is no plan. State the needs and the steps.")
        return
    if not plan.needs:
        # "monitor" asks for nothing but a monitor.
        more = words(question) - words(plan.looking_for)
        yield Check(
            code="no_needs",
            severity=weighed(len(more) > 1),
            message="The plan states no need. Draw each requirement from the question.",
        )
    yield from _steps(plan, tools)


def _steps(plan: Plan, tools: Sequence[str]) -> Iterator[Check]:
    known = [need.id for need in plan.needs]
    served = {id for step in plan.steps for id in step.needs}
    for need in plan.needs:
        if need.id not in served:
            yield refused(
                "need_without_step",
                f"No step of the plan looks into {need.id} ({need.text}). Add it to a step.",
                need.id,
            )
        if known.count(need.id) > 1:
            yield refused("repeated_need", f"Two needs are called {need.id}.", need.id)
    for step in plan.steps:
        for id in step.needs:
            if id not in known:
                yield refused("unknown_need", f"A step names {id}, which is no need.", id)
        if step.tool and step.tool not in tools:
            message = f"A step names {step.tool!r}. The tools are: {', '.join(tools)}."
            yield refused("unknown_tool", message, step.tool)


# Tool calls


def of_call(
    run: Trajectory, message: Message, call: ToolCall, refusal: Check | None
) -> Iterator[Check]:
    if refusal:
        yield refusal
    elif twin := _twin(message, call):
        yield refused("repeated_call", f"The same call as {twin.id} of this turn.", call.id)
    elif before := _made_before(run, call):
        yield refused(
            "repeated_call",
            f"This call was made in step {before.step} and gave {_in_short(before)}. Use that, or"
            " ask something else.",
            call.id,
        )


def _twin(message: Message, call: ToolCall) -> ToolCall | None:
    earlier = message.tool_calls[: message.tool_calls.index(call)]
    return next((other for other in earlier if _same(other, call)), None)


def _made_before(run: Trajectory, call: ToolCall) -> Observation | None:
    """A failed call may be tried once more."""
    same = {c.id for m in run.messages for c in m.tool_calls if _same(c, call)}
    made = [o for o in run.observations if o.call_id in same]
    return next((o for o in made if o.ok), made[-1] if len(made) > 1 else None)


def _same(one: ToolCall, other: ToolCall) -> bool:
    return one.name == other.name and _key(one.arguments) == _key(other.arguments)


def _key(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True, default=str)


def _in_short(observation: Observation) -> str:
    if not observation.ok:
        return f"an error: {observation.error}"
    names = [e.alias for e in observation.evidence if e.fields][:8]
    return ", ".join(names) or "nothing"


def of_enough(run: Trajectory) -> Iterator[Check]:
    if not any(o.ok for o in run.observations):
        yield refused("nothing_looked_up", "Nothing was looked up yet. Search before you write.")


# The report


def of_report(run: Trajectory, markup: str) -> Iterator[Check]:
    if not markup.strip():
        yield refused("empty_report", "The report is empty.")
        return
    report = parse(markup)
    yield from _sections(report)
    yield from _marks(run, report)
    yield from _columns(report)
    yield from _claims(run, report)
    yield from foreign_in_report(run, markup)
    for alias in report.aliases(RECOMMENDATION):
        yield from recommended_checks(run, report, alias)
    if run.plan:
        yield from _needs(run, run.plan, report)
        yield from number_checks(run, run.plan, report)
    if not any(o.ok and o.name == "search_catalog" for o in run.observations):
        yield refused("nothing_found_yet", "The catalog was not searched. Search it first.")


def _sections(report: Parsed) -> Iterator[Check]:
    required = [NEEDS, RECOMMENDATION]
    if len(report.aliases(RECOMMENDATION)) > 1:
        required.append(COMPARISON)
    for name in required:
        if not report.sections.get(name, "").strip():
            message = f'The report lacks the section "## {name.capitalize()}".'
            yield refused("missing_section", message, name)


def _marks(run: Trajectory, report: Parsed) -> Iterator[Check]:
    for mark in report.marks:
        evidence = run.evidence.get(mark.alias)
        written = report.markup[mark.start : mark.end]
        if evidence is None:
            message = f"{written} cites what no tool returned in this run. Leave it out."
            yield refused("unknown_citation", message, mark.alias)
        elif mark.quote and not quoted(evidence, mark.quote):
            message = f"{written}: these words are not in {mark.alias}. Quote it exactly."
            yield refused("quote_not_found", message, written)
        elif mark.field and not _known_field(run, evidence, mark.field):
            message = f"{written}: no result of this run has this field. {_fields_of(evidence)}"
            yield refused("unknown_field", message, written)
        elif mark.field and value_of(evidence, mark.field) is None:
            yield from _not_stated(report, mark, written)


def _not_stated(report: Parsed, mark: Mark, written: str) -> Iterator[Check]:
    """In a comparison this is an honest cell; in prose it reads oddly."""
    if any(mark.field == m.field for row in report.comparison for m in row.cells.values() if m):
        return
    message = f"{written} is not stated for {mark.alias}; it will read “not stated”."
    yield Check(code="value_not_stated", severity="remark", message=message, refers_to=written)


def _known_field(run: Trajectory, evidence: Evidence, name: str) -> bool:
    if evidence.kind == "product" and name in _PRODUCT_FIELDS:
        return True
    return any(
        value_of(other, name) is not None
        for other in run.evidence.values()
        if other.kind == evidence.kind
    )


def _fields_of(evidence: Evidence) -> str:
    names = [name for name in evidence.fields if name != "attributes"]
    attributes = [
        f"attributes.{entry.get('attribute') or entry.get('name')}"
        for entry in objects(evidence.fields.get("attributes"))
    ]
    return f"{evidence.alias} has: {', '.join([*names, *attributes[:40]])}."


_FIGURES = frozenset("price rating count difference sum ratio range quote share".split())
"""Kinds of claims that nobody may make up; of other words that no evidence states it is enough
that the report marks them."""


def _claims(run: Trajectory, report: Parsed) -> Iterator[Check]:
    """What is typed in plain words can be wrong; what markup puts in cannot."""
    for claim in claims_in(run, report.markup):
        if claim.status == "contradicted":
            yield refused("value_differs", claim.message, claim.text)
        elif claim.status == "not found":
            made_up = claim.kind in _FIGURES or any(c.isdigit() for c in claim.text)
            yield Check(
                code="not_grounded",
                severity=weighed(made_up),
                message=claim.message,
                refers_to=claim.text,
            )


def _columns(report: Parsed) -> Iterator[Check]:
    for row in report.comparison:
        for alias, mark in row.cells.items():
            if mark and mark.alias != alias:
                message = f"The row {row.need!r} has a value of {mark.alias} under [{alias}]."
                yield refused("wrong_column", message, alias)


# Needs


def _needs(run: Trajectory, plan: Plan, report: Parsed) -> Iterator[Check]:
    lines = report.needs
    for need in plan.needs:
        line = max(lines, key=lambda line: overlap(need.text, line.text), default=None)
        if line is None or overlap(need.text, line.text) < 0.5:
            line = f"- ({'hard' if need.hard else 'soft'}) {need.text}: could not verify"
            message = (
                f"Needs has no line for {need.id} of this form. Write `{line}`, or met, partly met"
                " or not met where the evidence says so."
            )
            yield refused("need_missing", message, need.id)
        elif line.status in ("met", "partly met") and not _evident(run, report, need):
            yield Check(
                code="need_without_evidence",
                severity=weighed(need.hard),
                message=(
                    f"{need.id} ({need.text}) is said to be {line.status}, and nothing that the"
                    " report cites states it. Cite what does, or say: could not verify."
                ),
                refers_to=need.id,
            )


def _evident(run: Trajectory, report: Parsed, need: Need) -> bool:
    cited = [run.evidence[m.alias] for m in report.marks if m.alias in run.evidence]
    if need.constraint:
        return any(stated(item, need.constraint) for item in cited if item.kind == "product")
    wanted = words(need.text)
    return not wanted or any(wanted & words(json.dumps(e.fields, default=str)) for e in cited)
