"""What code can hold against a plan, a tool call or a report, from what the run has recorded.

Each function yields `Check`s. A code is a promise: manifests count them and training data names
them. The texts are read by a model: they say what is wrong and what to write instead.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from client.aliases import an_object, objects
from client.constraints import meets, normal, stated
from client.figures import figure_checks
from client.markup import (
    COMPARISON,
    COULD_NOT_VERIFY,
    NEEDS,
    RECOMMENDATION,
    UNVERIFIED,
    Mark,
    Parsed,
    parse,
    quoted,
    value_of,
)
from client.trajectory import (
    Check,
    Constraint,
    Evidence,
    Message,
    Need,
    Observation,
    Plan,
    ToolCall,
    Trajectory,
)

GAPS = frozenset({"nothing_found_yet", "not_opened"})
"""Faults of a report that only more research mends."""

_PRODUCT_FIELDS = frozenset(
    "title brand category type price currency rating review_count in_stock as_of url".split()
)


def _refused(code: str, message: str, refers_to: str | None = None) -> Check:
    return Check(code=code, severity="refuse", message=message, refers_to=refers_to)


def _weighed(refuse: bool) -> Literal["refuse", "remark"]:
    return "refuse" if refuse else "remark"


# The plan


def of_plan(question: str, plan: Plan | None, tools: Sequence[str]) -> Iterator[Check]:
    if plan is None:
        yield _refused("no_plan", "There is no plan. State the needs and the steps.")
        return
    if not plan.needs:
        # "monitor" asks for nothing but a monitor.
        more = _words(question) - _words(plan.looking_for)
        yield Check(
            code="no_needs",
            severity=_weighed(len(more) > 1),
            message="The plan states no need. Draw each requirement from the question.",
        )
    yield from _steps(plan, tools)


def _steps(plan: Plan, tools: Sequence[str]) -> Iterator[Check]:
    known = [need.id for need in plan.needs]
    served = {id for step in plan.steps for id in step.needs}
    for need in plan.needs:
        if need.id not in served:
            yield _refused(
                "need_without_step",
                f"No step of the plan looks into {need.id} ({need.text}). Add it to a step.",
                need.id,
            )
        if known.count(need.id) > 1:
            yield _refused("repeated_need", f"Two needs are called {need.id}.", need.id)
    for step in plan.steps:
        for id in step.needs:
            if id not in known:
                yield _refused("unknown_need", f"A step names {id}, which is no need.", id)
        if step.tool and step.tool not in tools:
            message = f"A step names {step.tool!r}. The tools are: {', '.join(tools)}."
            yield _refused("unknown_tool", message, step.tool)


# Tool calls


def of_call(
    run: Trajectory, message: Message, call: ToolCall, refusal: Check | None
) -> Iterator[Check]:
    if refusal:
        yield refusal
    elif twin := _twin(message, call):
        yield _refused("repeated_call", f"The same call as {twin.id} of this turn.", call.id)
    elif before := _made_before(run, call):
        yield _refused(
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
        yield _refused("nothing_looked_up", "Nothing was looked up yet. Search before you write.")


# The report


def of_report(run: Trajectory, markup: str) -> Iterator[Check]:
    if not markup.strip():
        yield _refused("empty_report", "The report is empty.")
        return
    report = parse(markup)
    yield from _sections(report)
    yield from _marks(run, report)
    yield from _columns(report)
    yield from figure_checks(run, report)
    for alias in report.aliases(RECOMMENDATION):
        yield from _recommended(run, report, alias)
    if run.plan:
        yield from _needs(run, run.plan, report)
        yield from _enough_products(run, run.plan, report)
    if not any(o.ok and o.name == "search_catalog" for o in run.observations):
        yield _refused("nothing_found_yet", "The catalog was not searched. Search it first.")


def _sections(report: Parsed) -> Iterator[Check]:
    required = [NEEDS, RECOMMENDATION]
    if len(report.aliases(RECOMMENDATION)) > 1:
        required.append(COMPARISON)
    for name in required:
        if not report.sections.get(name, "").strip():
            message = f'The report lacks the section "## {name.capitalize()}".'
            yield _refused("missing_section", message, name)


def _marks(run: Trajectory, report: Parsed) -> Iterator[Check]:
    for mark in report.marks:
        evidence = run.evidence.get(mark.alias)
        written = report.markup[mark.start : mark.end]
        if evidence is None:
            message = f"{written} cites what no tool returned in this run."
            yield _refused("unknown_citation", message, mark.alias)
        elif mark.quote and not quoted(evidence, mark.quote):
            message = f"{written}: these words are not in {mark.alias}. Quote it exactly."
            yield _refused("quote_not_found", message, written)
        elif mark.field and not _known_field(run, evidence, mark.field):
            message = f"{written}: no result of this run has this field. {_fields_of(evidence)}"
            yield _refused("unknown_field", message, written)
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


def _columns(report: Parsed) -> Iterator[Check]:
    for row in report.comparison:
        for alias, mark in row.cells.items():
            if mark and mark.alias != alias:
                message = f"The row {row.need!r} has a value of {mark.alias} under [{alias}]."
                yield _refused("wrong_column", message, alias)


# Recommended products


def _recommended(run: Trajectory, report: Parsed, alias: str) -> Iterator[Check]:
    product = run.evidence.get(alias)
    if product is None:
        return
    if product.kind != "product":
        yield _refused("not_a_product", f"[{alias}] is a {product.kind}, no product.", alias)
        return
    for need in run.plan.needs if run.plan else ():
        if need.hard and need.constraint:
            yield from _hard_need(run, report, product, need, need.constraint)
    if _beside_only(run, alias) and not _meets_all(run.plan, product):
        yield _refused(
            "only_near_miss",
            f"Each search that returned {alias} listed it among near_misses or unverified, so it"
            " does not meet what was asked. Move it to Nearest or Unverified.",
            alias,
        )


def _hard_need(
    run: Trajectory, report: Parsed, product: Evidence, need: Need, asked: Constraint
) -> Iterator[Check]:
    alias = product.alias
    held = _found_as_asked(run, alias, asked) or meets(product, asked)
    if held is False:
        values = ", ".join(str(value) for value in stated(product, asked))
        yield _refused(
            "breaks_hard_need",
            f"{alias} breaks {need.id} ({need.text}): its {_name(asked)} is {values}. Move it to"
            " Nearest.",
            alias,
        )
    elif held is None and not _admitted(report, alias, need):
        opened = _opened(run, alias)
        yield _refused(
            "unverified_hard_need" if opened else "not_opened",
            f"Nothing seen so far states the {_name(asked)} of {alias}, which {need.id}"
            f" ({need.text}) needs. "
            + (
                "Move it to Unverified."
                if opened
                else "Open it with get_product, or move it to Unverified."
            ),
            alias,
        )


def _found_as_asked(run: Trajectory, alias: str, asked: Constraint) -> bool:
    """Whether a search by this very filter returned the product as fitting: the catalog knows
    its own synonyms (a jigsaw is a puzzle)."""
    return any(
        _filtered(o.arguments, asked)
        and any(card.get("id") == alias for card in objects((o.result or {}).get("products")))
        for o in run.observations
        if o.name == "search_catalog"
    )


def _filtered(arguments: dict[str, Any], asked: Constraint) -> bool:
    if asked.op != "is" or not isinstance(asked.value, str):
        return False
    given = an_object(arguments.get("attributes")) if "." in asked.field else arguments
    names = {normal(name): value for name, value in given.items()}
    value = names.get(normal(_name(asked)))
    return isinstance(value, str) and normal(value) == normal(asked.value)


def _name(asked: Constraint) -> str:
    return asked.field.removeprefix("attributes.")


def _admitted(report: Parsed, alias: str, need: Need) -> bool:
    """Whether the report itself says that this could not be verified."""
    if alias in report.aliases(UNVERIFIED):
        return True
    for item in report.items(COULD_NOT_VERIFY):
        if item.alias == alias or (item.alias is None and _overlap(need.text, item.text) >= 0.5):
            return True
    return False


def _opened(run: Trajectory, alias: str) -> bool:
    openers = ("get_product", "compare_products")
    return any(
        item.alias == alias and item.fields
        for o in run.observations
        if o.name in openers
        for item in o.evidence
    )


def _beside_only(run: Trajectory, alias: str) -> bool:
    among: set[bool] = set()
    for result in _searches(run):
        if any(card.get("id") == alias for card in objects(result.get("products"))):
            among.add(True)
        for entry in (*objects(result.get("near_misses")), *objects(result.get("unverified"))):
            if an_object(entry.get("product")).get("id") == alias:
                among.add(False)
    return among == {False}


def _searches(run: Trajectory) -> Iterator[dict[str, Any]]:
    yield from (o.result for o in run.observations if o.name == "search_catalog" and o.result)


def _meets_all(plan: Plan | None, product: Evidence) -> bool:
    """Whether code can say that the product meets every hard need."""
    hard = [need for need in plan.needs if need.hard] if plan else []
    return bool(hard) and all(n.constraint and meets(product, n.constraint) for n in hard)


# Needs


def _needs(run: Trajectory, plan: Plan, report: Parsed) -> Iterator[Check]:
    lines = report.needs
    for need in plan.needs:
        line = max(lines, key=lambda line: _overlap(need.text, line.text), default=None)
        if line is None or _overlap(need.text, line.text) < 0.5:
            form = "- (hard|soft) text: met|partly met|not met|could not verify"
            message = f"Needs does not list {need.id} ({need.text}). Write `{form}`."
            yield _refused("need_missing", message, need.id)
        elif line.status in ("met", "partly met") and not _evident(run, report, need):
            yield Check(
                code="need_without_evidence",
                severity=_weighed(need.hard),
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
    words = _words(need.text)
    return not words or any(words & _words(json.dumps(e.fields, default=str)) for e in cited)


def _overlap(need: str, text: str) -> float:
    """The share of the need's words that the text has."""
    words = _words(need)
    return len(words & _words(text)) / len(words) if words else 1.0


_EMPTY_WORDS = frozenset("the and for with that this are was not any has have from".split())


def _words(text: str) -> set[str]:
    found = re.findall(r"[^\W_]{2,}|\d", text.casefold())
    return {normal(word) for word in found} - _EMPTY_WORDS


# How many


def _enough_products(run: Trajectory, plan: Plan, report: Parsed) -> Iterator[Check]:
    named = report.aliases(RECOMMENDATION)
    chosen = [a for a in named if a in run.evidence and run.evidence[a].kind == "product"]
    if len(chosen) >= plan.wanted:
        return
    others = [alias for alias in _fitting(run, plan) if alias not in chosen]
    if others:
        certain = all(need.constraint for need in plan.needs if need.hard)
        yield Check(
            code="too_few_products",
            severity=_weighed(certain),
            message=(
                f"{plan.wanted} products were asked for and {len(chosen)} are recommended, while"
                f" {', '.join(others[:8])} also meet every hard need that code can check."
            ),
        )


def _fitting(run: Trajectory, plan: Plan) -> Iterator[str]:
    """Products that a search returned as fitting, are what is looked for, and meet each
    hard need that code can check."""
    asked = [need.constraint for need in plan.needs if need.hard and need.constraint]
    if not asked:
        return
    found = {
        str(card.get("id")): None
        for result in _searches(run)
        for card in objects(result.get("products"))
    }
    for alias in found:
        product = run.evidence.get(alias)
        if (
            product
            and _is_kind(product, plan.looking_for)
            and all(meets(product, a) for a in asked)
        ):
            yield alias


def _is_kind(product: Evidence, looking_for: str) -> bool:
    fields = product.fields
    known = " ".join(str(fields.get(name) or "") for name in ("title", "type", "category"))
    return _words(looking_for) <= _words(known)
