"""The evidence ledger as notes that a model cites from: one line for each thing seen."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from client.aliases import ALIAS, an_object, objects
from client.checks.checking import words
from client.checks.constraints import stated
from client.llm.observed import as_data, stated_attributes, text_of
from client.markup import marks, quoted
from client.rules.wishes import wish_for
from client.trajectory import Evidence, Observation, State, Trajectory

_ASPECTS = 4
_TITLE = 80
_TOLD_ANYWAY = ("price", "rating", "review_count", "in_stock")


@dataclass(frozen=True)
class Detail:
    """How much is told of each item."""

    prose: int
    """Characters of a review's or a page's own words."""
    attributes: int
    """Attributes beyond those that the plan asks for."""
    beside: bool = True
    """Whether products that only came close get a line."""
    lines: int | None = None
    """How many items get one, those first that the research went on with; None: all."""


def ledger_text(run: Trajectory, detail: Detail, folded: Sequence[Observation]) -> str:
    """Notes on all evidence, and what the folded answers of other tools said; empty where there
    is nothing."""
    lines = list(_lines(run, detail))
    lines += [f"{one.name}: {_cut(text_of(one), detail.prose)}" for one in folded if text_of(one)]
    if not lines:
        return ""
    head = "Notes on what was found so far; each name can be cited:"
    return f"{head}\n{as_data(chr(10).join(lines), 'notes')}"


def _lines(run: Trajectory, detail: Detail) -> Iterator[str]:
    beside = _beside(run)
    quotes = _quotes(run)
    wanted = _words_of_needs(run)
    told = set(_worth_a_line(run, beside, detail))
    for alias, item in run.evidence.items():
        if alias in told:
            parts = [part for part in _parts(run, item, detail, wanted) if part]
            parts += [beside[alias]] if alias in beside else []
            parts += [f'quoted: "{quote}"' for quote in quotes.get(alias, ())]
            # On one line, whatever others wrote: no value can pass for a line of its own.
            yield " ".join(f"{alias} {' | '.join(parts)}".split())
    if bare := [alias for alias in run.evidence if alias not in told]:
        yield f"only named here: {' '.join(bare)}"


def _worth_a_line(run: Trajectory, beside: dict[str, str], detail: Detail) -> list[str]:
    """The aliases that get a line: what drafts cite and critique names, then what calls went on
    with."""
    weight = {alias: float(step) for alias, step in _gone_on_with(run)}
    weight |= dict.fromkeys(_reported_on(run), math.inf)

    def rank(item: Evidence) -> tuple[bool, float]:
        of = weight.get(str(item.fields.get("product_id")), 0.0)
        return item.alias in beside, -max(of, weight.get(item.alias, 0.0))

    items = [item for item in run.evidence.values() if item.fields]
    if not detail.beside:
        items = [item for item in items if item.alias not in beside or item.alias in weight]
    return [item.alias for item in sorted(items, key=rank)][: detail.lines]


def _reported_on(run: Trajectory) -> Iterator[str]:
    """By drafts of the report, and by what was held against the last one."""
    for message in run.messages:
        if message.state is State.WRITING:
            yield from (mark.alias for mark in marks(message.text))
    last = run.messages[-1].id if run.messages else None
    for check in (c for v in run.verdicts if v.message_id == last for c in v.checks):
        yield from ALIAS.findall(check.message)


def _gone_on_with(run: Trajectory) -> Iterator[tuple[str, int]]:
    for message in run.messages:
        for call in message.tool_calls:
            for alias in ALIAS.findall(json.dumps(call.arguments)):
                yield alias, message.step


def _parts(run: Trajectory, item: Evidence, detail: Detail, wanted: set[str]) -> Iterator[str]:
    match item.kind:
        case "product":
            yield from _product(run, item, detail, wanted)
        case "review":
            yield from _review(item, detail)
        case "page":
            yield from _page(item, detail)


def _product(run: Trajectory, item: Evidence, detail: Detail, wanted: set[str]) -> Iterator[str]:
    """`wanted`: words of the needs, whose attributes come first."""
    fields = item.fields
    yield _cut(fields.get("title"), _TITLE)
    if fields.get("price") is not None:
        yield f"{fields['price']} {fields.get('currency') or ''}".strip()
    if fields.get("rating") is not None:
        yield f"rated {fields['rating']} by {fields.get('review_count', '?')}"
    if fields.get("in_stock") is False:
        yield "out of stock"
    asked = dict(_asked(run, item))
    yield from (f"{name}: {value}" for name, value in asked.items())
    others = stated_attributes(objects(fields.get("attributes")))
    # The sort is stable: else they stay in the catalog's order.
    named = sorted((n for n in others if n not in asked), key=lambda name: not words(name) & wanted)
    yield from (f"{name}: {others[name]}" for name in named[: detail.attributes])
    if detail.prose:
        yield _aspects(item)


def _asked(run: Trajectory, item: Evidence) -> Iterator[tuple[str, str]]:
    """What the plan's needs ask of a product, as far as it is stated."""
    for need in run.plan.needs if run.plan else ():
        constraint = need.constraint
        if constraint is None or constraint.field in _TOLD_ANYWAY:
            continue
        if values := stated(item, constraint):
            name = constraint.field.removeprefix("attributes.")
            yield name, ", ".join(str(value) for value in values)


def _words_of_needs(run: Trajectory) -> set[str]:
    """With the names of what measures a wish: noise where the need is "quiet"."""
    needs = [need.text for need in run.plan.needs] if run.plan else []
    measures = [name for text in needs if (wish := wish_for(text)) for name in wish.attributes]
    return {word for text in (*needs, *measures) for word in words(text)}


def _aspects(item: Evidence) -> str:
    found = objects(an_object(item.fields.get("review_summary")).get("aspects"))[:_ASPECTS]
    told = [f"{a.get('name')} +{a.get('positive', 0)} -{a.get('negative', 0)}" for a in found]
    return f"owners: {', '.join(told)}" if told else ""


def _review(item: Evidence, detail: Detail) -> Iterator[str]:
    fields = item.fields
    yield f"on {fields.get('product_id')}"
    if fields.get("rating") is not None:
        yield f"{fields['rating']} stars"
    yield _cut(fields.get("text"), detail.prose)


def _page(item: Evidence, detail: Detail) -> Iterator[str]:
    fields = item.fields
    yield _cut(fields.get("title"), _TITLE)
    yield str(fields.get("site") or "")
    passages = " ".join(str(one.get("text")) for one in objects(fields.get("passages")))
    yield _cut(passages or fields.get("snippet"), detail.prose)


def _cut(value: object, limit: int) -> str:
    """On one line; what is left out shows, so that nobody quotes across it."""
    text = " ".join(str(value or "").split())
    return text if len(text) <= limit else f"{text[:limit].rsplit(' ', 1)[0]} […]" if limit else ""


def _beside(run: Trajectory) -> dict[str, str]:
    """By alias: why the latest search that returned the product did not count it as fitting."""
    told: dict[str, str] = {}
    for search in (o.result or {} for o in run.observations if o.name == "search_catalog"):
        for card in objects(search.get("products")):
            told.pop(str(card.get("id")), None)
        for entry in objects(search.get("near_misses")):
            broken = ", ".join(str(one.get("text")) for one in objects(entry.get("violates")))
            told[_id(entry)] = f"near miss: {broken}"
        for entry in objects(search.get("unverified")):
            unknown = ", ".join(str(one) for one in entry.get("unknown") or ())
            told[_id(entry)] = f"unverified: {unknown}"
    return told


def _id(entry: dict[str, object]) -> str:
    return str(an_object(entry.get("product")).get("id"))


def _quotes(run: Trajectory) -> dict[str, list[str]]:
    """By alias: the words that drafts of the report quoted from it, as they stand there."""
    drafts = [message.text for message in run.messages if message.state is State.WRITING]
    found: dict[str, list[str]] = {}
    for mark in (mark for draft in drafts for mark in marks(draft) if mark.quote):
        item, quote = run.evidence.get(mark.alias), mark.quote or ""
        if item and quoted(item, quote) and quote not in found.setdefault(mark.alias, []):
            found[mark.alias].append(quote)
    return found
