"""The keyless researcher's plan: first from the question alone, then with the filters that the
first search found its words to name."""

import re
from collections.abc import Collection, Sequence
from typing import Any, cast

from client.rules.findings import listed
from client.rules.question import Reading
from client.trajectory import Constraint, Need, Observation, Op, Plan, Step, Trajectory

_BOUND = re.compile(
    r"(?P<low>at least|over|above|more than|minimum|min\.?|from|no less than)"
    r"|(?P<high>at most|under|below|less than|up to|maximum|max\.?|no more than)",
    re.IGNORECASE,
)
DENIAL = re.compile(r"(?:but )?(?:not|no|never|without|anything but|except)\b", re.IGNORECASE)
_SAID_OTHERWISE = frozenset(
    ("type", "price_max", "price_min", "rating_min", "rating_max", "in_stock", "category")
)
_VOWEL = re.compile(r"[aeio]|u(?!ni[cfoqstv]|s[beu]|ps\b)", re.IGNORECASE)
_BEYOND = 4e-9
"""By this share of itself "more than 24" is more than 24: beyond the tolerance of comparisons."""


def first_plan(reading: Reading, offered: Collection[str]) -> Plan:
    """`offered`: names of the run's tools; a step that wants another is left out."""
    ids = tuple(need.id for need in reading.needs)
    hard = tuple(need.id for need in reading.needs if need.hard)
    soft = tuple(need.id for need in reading.needs if not need.hard)
    steps = [
        Step(
            text=f"Search the catalog for {reading.looking_for}", needs=ids, tool="search_catalog"
        ),
        Step(
            text="Search again with what the catalog can filter by",
            needs=hard,
            tool="search_catalog",
        ),
        Step(text="Compare the products that fit", needs=ids, tool="compare_products"),
        Step(text="Read what owners say", needs=soft, tool="search_reviews"),
        Step(text="Look into guides", needs=ids, tool="search_web"),
    ]
    return Plan(
        looking_for=reading.looking_for,
        needs=reading.needs,
        steps=tuple(step for step in steps if step.tool in offered),
    )


def refined_plan(run: Trajectory) -> Plan | None:
    """The plan with the filters that the first search found the question's words to name."""
    plan, first = run.plan, first_search(run)
    if plan is None or first is None or first.result is None:
        return None
    if any(n.constraint and n.constraint.field == "type" for n in plan.needs):
        return plan
    facets = cast(dict[str, Any], first.result.get("facets") or {})
    types = cast(list[dict[str, Any]], facets.get("type") or [])
    suggestions = listed(first, "suggested_filters")
    typed = next((s for s in suggestions if s["filter"] == "type" and not _unwanted(s, plan)), None)
    if typed:
        kinds = _several(typed["value"])
        called = _called(str(typed["words"]), str(typed["words"]))
    else:
        kind = _kind(plan.looking_for, [str(s["words"]) for s in suggestions], types)
        kinds = (kind,) if kind else ()
        called = _called(kind or "", plan.looking_for)
    needs = list(plan.needs)
    for suggested in suggestions:
        needs = _with_suggestion(needs, plan.looking_for, kinds, suggested)
    if kinds and not any(n.constraint and n.constraint.field == "type" for n in needs):
        sought = Constraint(field="type", op="is", value=kinds[0] if len(kinds) == 1 else kinds)
        needs.append(
            Need(
                id=_next_id(needs),
                text=called,
                hard=True,
                constraint=sought,
            )
        )
    added = tuple(n.id for n in needs if n.id not in {m.id for m in plan.needs})
    steps = tuple(
        s.model_copy(update={"needs": (*s.needs, *added)}) if i < 3 else s
        for i, s in enumerate(plan.steps)
    )
    return plan.model_copy(update={"needs": tuple(needs), "steps": steps})


def _unwanted(suggested: dict[str, Any], plan: Plan) -> bool:
    """ "batteries" of "toys without batteries"."""
    denied = (need.text for need in plan.needs if DENIAL.match(need.text))
    return any(spoken_in(str(suggested["words"]), text) for text in denied)


def _kind(looking_for: str, filtered: Sequence[str], types: list[dict[str, Any]]) -> str | None:
    """ "printer" of "laser printer" where "laser" is a filter of its own."""
    known = [str(one["value"]) for one in types]
    rest = f" {singular(looking_for)} "
    for words in filtered:
        rest = rest.replace(f" {singular(words)} ", " ")
    return (
        kind_of_thing(rest, known)
        or kind_of_thing(looking_for, known)
        or _kind_within(looking_for, types)
    )


def _kind_within(looking_for: str, types: list[dict[str, Any]]) -> str | None:
    """ "throw" of "fleece throw blanket" where most of what was found are throws."""
    counts = {singular(str(one["value"])): int(one["count"]) for one in types}
    named = [kind for kind in counts if kind and spoken_in(kind, looking_for)]
    most = max(named, key=lambda kind: counts[kind], default=None)
    return most if most and 2 * counts[most] > sum(counts.values()) else None


def kind_of_thing(looking_for: str, types: Sequence[str]) -> str | None:
    """The longest ending of what is looked for that is, or heads, a type of this catalog."""
    types = [singular(known) for known in types]
    words = singular(looking_for).split()
    for start in range(len(words)):
        ending = " ".join(words[start:])
        if any(known == ending or known.endswith(f" {ending}") for known in types):
            return ending
    return None


def _with_suggestion(
    needs: list[Need], looking_for: str, kinds: Sequence[str], suggested: dict[str, Any]
) -> list[Need]:
    words, field = str(suggested["words"]), str(suggested["filter"])
    if field in _SAID_OTHERWISE:
        return needs
    if any(spoken_in(words, kind) for kind in kinds):
        return needs
    constraint = constraint_of(field, suggested["value"])
    if any(n.constraint and n.constraint.field == constraint.field for n in needs):
        return needs
    for at, need in enumerate(needs):
        same = spoken_in(words, need.text) or spoken_in(need.text, words)
        if need.constraint is None and same:
            if not need.hard:
                return needs
            fitted = _denied(_bounded(constraint, need.text), need.text)
            return [*needs[:at], need.model_copy(update={"constraint": fitted}), *needs[at + 1 :]]
    if spoken_in(words, looking_for):
        text = _as_written(words, looking_for)
        return [*needs, Need(id=_next_id(needs), text=text, hard=True, constraint=constraint)]
    return needs


def constraint_of(field: str, value: Any) -> Constraint:
    """A suggested filter, `attributes.cable length` ">= 2 m", as a constraint."""
    if isinstance(value, list):
        return Constraint(field=field, op="is", value=_several(value))
    found = re.fullmatch(r"([<>])(=?)\s*(-?\d+(?:\.\d+)?)\s*(.*)", str(value))
    if found:
        op: Op = "at least" if found[1] == ">" else "at most"
        bound = float(found[3])
        if not found[2]:
            bound += _BEYOND * max(1.0, abs(bound)) * (1 if found[1] == ">" else -1)
        return Constraint(field=field, op=op, value=bound, unit=found[4] or None)
    return Constraint(field=field, op="is", value=value)


def _several(value: Any) -> tuple[str, ...]:
    """What a suggestion names: one value, or some of which any will do."""
    return tuple(map(str, cast(list[Any], value) if isinstance(value, list) else [value]))


def _bounded(constraint: Constraint, text: str) -> Constraint:
    """ "16 GB" asked as "at least 16 GB RAM" is a bound, not a size."""
    bound = _BOUND.search(text)
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*(.*)", str(constraint.value))
    if constraint.op != "is" or isinstance(constraint.value, bool) or not bound or not found:
        return constraint
    op = "at least" if bound["low"] else "at most"
    return Constraint(field=constraint.field, op=op, value=float(found[1]), unit=found[2] or None)


def _denied(constraint: Constraint, text: str) -> Constraint:
    """ "not black" keeps what is black away, "without a stand" asks for a no."""
    if not DENIAL.match(text) or constraint.op != "is":
        return constraint
    if isinstance(constraint.value, bool):
        return constraint.model_copy(update={"value": not constraint.value})
    return constraint.model_copy(update={"op": "is not"})


def _next_id(needs: Sequence[Need]) -> str:
    return f"n{len(needs) + 1}"


def spoken_in(words: str, text: str) -> bool:
    return f" {singular(words)} " in f" {singular(text)} "


def _called(kind: str, looking_for: str) -> str:
    """The kind of thing as the question calls it: "headphones", "an espresso machine"."""
    words = looking_for.split()
    size = len(kind.split())
    spoken = (" ".join(words[at : at + size]) for at in range(len(words)))
    said = next((one for one in spoken if singular(one) == singular(kind)), kind)
    if singular(said) != " ".join(said.lower().split()):
        return said
    return f"{'an' if _VOWEL.match(said) else 'a'} {said}"


def _as_written(words: str, text: str) -> str:
    """ "USB" where the question says so."""
    at = text.lower().find(words.lower())
    return text[at : at + len(words)] if at >= 0 else words


def singular(text: str) -> str:
    words = re.findall(r"[^\W_]+(?:[.'-][^\W_]+)*|\"", text.lower())
    return " ".join(re.sub(r"(?<=[a-z]{3})(?<!s)s$", "", word) for word in words)


def first_search(run: Trajectory) -> Observation | None:
    searches = (o for o in run.observations if o.name == "search_catalog" and o.ok)
    return next(searches, None)
