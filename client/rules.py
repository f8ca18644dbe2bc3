"""The keyless researcher: reads the question by grammar, searches, looks needs up in
reviews and pages, and writes an extractive report. The same run always gives the same drafts.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from client.adviser import advise, ranked
from client.findings import Findings, listed
from client.question import Reading, read_question
from client.researcher import Draft
from client.trajectory import Constraint, Need, Observation, Op, Plan, Step, Trajectory
from client.wishes import wish_for

Call = tuple[str, dict[str, Any]]

_PAGE = 50
_MOST_FITS = 100
_COMPARED_AT_ONCE = 8
_MOST_COMPARED = 24
_REVIEWED = 5
_TELLING_NOUN = 5
_SEARCH_TOKENS = 20_000
_BOUND = re.compile(
    r"(?P<low>at least|over|above|more than|minimum|min\.?|from|no less than)"
    r"|(?P<high>at most|under|below|less than|up to|maximum|max\.?|no more than)",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"(?:but )?(?:not|no|never|without|anything but|except)\b", re.IGNORECASE)
_SAID_OTHERWISE = frozenset(
    ("type", "price_max", "price_min", "rating_min", "rating_max", "in_stock", "category")
)
_LINKED = re.compile(r"(?:for|from|in|by|made|compatible|at least|at most)\b", re.IGNORECASE)
_VOWEL = re.compile(r"[aeio]|u(?!ni[cfoqstv]|s[beu]|ps\b)", re.IGNORECASE)
_OP: dict[str, Op] = {">=": "at least", "<=": "at most"}


class RulesResearcher:
    name = "rules"

    async def plan(self, run: Trajectory) -> Draft:
        return Draft(plan=first_plan(read_question(run.task.question)))

    async def act(self, run: Trajectory) -> Draft:
        if run.plan is None or not run.plan.looking_for:
            return Draft()
        plan = refined_plan(run) or run.plan
        made = {_key(c.name, c.arguments) for m in run.messages for c in m.tool_calls}
        for thought, calls in _stages(run, plan):
            if new := [call for call in calls if _key(*call) not in made]:
                changed = plan if plan != run.plan else None
                return Draft(thought=thought, plan=changed, tool_calls=new)
        return Draft(thought="Every step of the plan is done; time to write.")

    async def write(self, run: Trajectory) -> Draft:
        return Draft(text=advise(Findings(run)))


def _key(name: str, arguments: dict[str, Any]) -> str:
    return json.dumps([name, arguments], sort_keys=True)


# Planning


def first_plan(reading: Reading) -> Plan:
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
    return Plan(looking_for=reading.looking_for, needs=reading.needs, steps=tuple(steps))


def refined_plan(run: Trajectory) -> Plan | None:
    """The plan with the filters that the first search found the question's words to name."""
    plan, first = run.plan, _first_search(run)
    if plan is None or first is None or first.result is None:
        return None
    if any(n.constraint and n.constraint.field == "type" for n in plan.needs):
        return plan
    facets = cast(dict[str, Any], first.result.get("facets") or {})
    types = cast(list[dict[str, Any]], facets.get("type") or [])
    suggestions = listed(first, "suggested_filters")
    typed = next((s for s in suggestions if s["filter"] == "type"), None)
    if typed:
        kind, called = str(typed["value"]), _called(str(typed["words"]), str(typed["words"]))
    else:
        kind = _kind(plan.looking_for, [str(s["words"]) for s in suggestions], types)
        called = _called(kind or "", plan.looking_for)
    needs = list(plan.needs)
    for suggested in suggestions:
        needs = _with_suggestion(needs, plan.looking_for, kind, suggested)
    if kind and not any(n.constraint and n.constraint.field == "type" for n in needs):
        sought = Constraint(field="type", op="is", value=kind)
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


def _kind(looking_for: str, filtered: Sequence[str], types: list[dict[str, Any]]) -> str | None:
    """ "printer" of "laser printer" where "laser" is a filter of its own."""
    known = [str(one["value"]) for one in types]
    rest = f" {_singular(looking_for)} "
    for words in filtered:
        rest = rest.replace(f" {_singular(words)} ", " ")
    return (
        kind_of_thing(rest, known)
        or kind_of_thing(looking_for, known)
        or _kind_within(looking_for, types)
    )


def _kind_within(looking_for: str, types: list[dict[str, Any]]) -> str | None:
    """ "throw" of "fleece throw blanket" where most of what was found are throws."""
    counts = {_singular(str(one["value"])): int(one["count"]) for one in types}
    named = [kind for kind in counts if kind and _spoken_in(kind, looking_for)]
    most = max(named, key=lambda kind: counts[kind], default=None)
    return most if most and 2 * counts[most] > sum(counts.values()) else None


def kind_of_thing(looking_for: str, types: Sequence[str]) -> str | None:
    """The longest ending of what is looked for that is, or heads, a type of this catalog."""
    types = [_singular(known) for known in types]
    words = _singular(looking_for).split()
    for start in range(len(words)):
        ending = " ".join(words[start:])
        if any(known == ending or known.endswith(f" {ending}") for known in types):
            return ending
    return None


def _with_suggestion(
    needs: list[Need], looking_for: str, kind: str | None, suggested: dict[str, Any]
) -> list[Need]:
    words, field = str(suggested["words"]), str(suggested["filter"])
    if field in _SAID_OTHERWISE:
        return needs
    if kind and _spoken_in(words, kind):
        return needs
    constraint = constraint_of(field, suggested["value"])
    if any(n.constraint and n.constraint.field == constraint.field for n in needs):
        return needs
    for at, need in enumerate(needs):
        same = _spoken_in(words, need.text) or _spoken_in(need.text, words)
        if need.constraint is None and same:
            if not need.hard:
                return needs
            fitted = _denied(_bounded(constraint, need.text), need.text)
            return [*needs[:at], need.model_copy(update={"constraint": fitted}), *needs[at + 1 :]]
    if _spoken_in(words, looking_for):
        text = _as_written(words, looking_for)
        return [*needs, Need(id=_next_id(needs), text=text, hard=True, constraint=constraint)]
    return needs


def constraint_of(field: str, value: Any) -> Constraint:
    """A suggested filter, `attributes.cable length` ">= 2 m", as a constraint."""
    if isinstance(value, list):
        several = tuple(str(one) for one in cast(list[Any], value))
        return Constraint(field=field, op="is", value=several)
    found = re.fullmatch(r"(>=|<=)\s*(-?\d+(?:\.\d+)?)\s*(.*)", str(value))
    if found:
        unit = found[3] or None
        return Constraint(field=field, op=_OP[found[1]], value=float(found[2]), unit=unit)
    return Constraint(field=field, op="is", value=value)


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
    if not _DENIAL.match(text) or constraint.op != "is":
        return constraint
    if isinstance(constraint.value, bool):
        return constraint.model_copy(update={"value": not constraint.value})
    return constraint.model_copy(update={"op": "is not"})


def _next_id(needs: Sequence[Need]) -> str:
    return f"n{len(needs) + 1}"


def _spoken_in(words: str, text: str) -> bool:
    return f" {_singular(words)} " in f" {_singular(text)} "


def _called(kind: str, looking_for: str) -> str:
    """The kind of thing as the question calls it: "headphones", "an espresso machine"."""
    words = looking_for.split()
    size = len(kind.split())
    spoken = (" ".join(words[at : at + size]) for at in range(len(words)))
    said = next((one for one in spoken if _singular(one) == _singular(kind)), kind)
    if _singular(said) != " ".join(said.lower().split()):
        return said
    return f"{'an' if _VOWEL.match(said) else 'a'} {said}"


def _as_written(words: str, text: str) -> str:
    """ "USB" where the question says so."""
    at = text.lower().find(words.lower())
    return text[at : at + len(words)] if at >= 0 else words


def _singular(text: str) -> str:
    words = re.findall(r"[^\W_]+(?:[.'-][^\W_]+)*|\"", text.lower())
    return " ".join(re.sub(r"(?<=[a-z]{3})(?<!s)s$", "", word) for word in words)


# Acting


def _stages(run: Trajectory, plan: Plan) -> Iterator[tuple[str, list[Call]]]:
    """(why, calls) in order; the first stage with a call not yet made is the next turn."""
    if not any(call.name == "search_catalog" for m in run.messages for call in m.tool_calls):
        yield (
            "First see what the catalog has and which words it can filter by.",
            [
                ("search_catalog", exploring(plan)),
                ("search_web", {"query": plan.looking_for, "limit": 5}),
            ],
        )
    refined = filtering(plan)
    yield "Search again with the filters that the catalog knows.", [("search_catalog", refined)]
    if not Findings(run).search or _came_back_empty(run):
        for fewer in _relaxed(refined):
            yield "Nothing came back: ask for less.", [("search_catalog", fewer)]
            if not _came_back_empty(run):
                break
    found = Findings(run)
    if cursor := _next_page(found):
        yield (
            "There are more that fit.",
            [("search_catalog", {**found.search[0].arguments, "cursor": cursor})],
        )
    yield "Set the candidates side by side.", list(_comparisons(found, plan))
    yield "Ask their owners.", list(_reviews(found, plan))
    yield "Read the guide that speaks of it.", list(_guides(found, plan))


def exploring(plan: Plan) -> dict[str, Any]:
    """Without bounds, so that the kind of thing is seen even where none is in them."""
    spoken = [need.text for need in plan.needs if need.hard and need.constraint is None]
    asked = [_DENIAL.sub("", text).strip() for text in spoken]
    return {"query": _worded(plan.looking_for, asked), "limit": 10}


def _worded(looking_for: str, needs: Sequence[str]) -> str:
    """ "webcam with built-in microphone": the first noun stays the thing that is looked for."""
    linked = (need if _LINKED.match(need) else f"with {need}" for need in needs)
    return " ".join((looking_for, *linked))


def filtering(plan: Plan) -> dict[str, Any]:
    unresolved = [
        need.text
        for need in plan.needs
        if need.hard and need.constraint is None and not _DENIAL.match(need.text)
    ]
    arguments: dict[str, Any] = {
        "query": _worded(plan.looking_for, unresolved),
        "limit": _PAGE,
        **_bounds(plan),
    }
    attributes: dict[str, Any] = {}
    for c in (n.constraint for n in plan.needs if n.hard and n.constraint):
        if c.field in ("type", "brand", "category") and c.op == "is":
            arguments[c.field] = c.value
        elif c.field.startswith("attributes.") and c.op != "is not":
            attributes[c.field.removeprefix("attributes.")] = as_argument(c)
    if attributes:
        arguments["attributes"] = attributes
    return {**arguments, "max_tokens": _SEARCH_TOKENS}


def _bounds(plan: Plan) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    for c in (n.constraint for n in plan.needs if n.constraint):
        match c.field, c.op, c.value:
            case "price" | "rating", "at most", float():
                bounds[f"{c.field}_max"] = c.value
            case "price" | "rating", "at least", float():
                bounds[f"{c.field}_min"] = c.value
            case "price", "between", (float() as low, float() as high):
                bounds |= {"price_min": low, "price_max": high}
            case "in_stock", _, _:
                bounds["in_stock"] = True
            case _:
                pass
    return bounds


def as_argument(c: Constraint) -> bool | float | str | list[str]:
    """What to pass for a constraint in `attributes`."""
    match c.op, c.value:
        case "at least" | "at most", float() as bound:
            sign = ">=" if c.op == "at least" else "<="
            return f"{sign} {bound:g} {c.unit or ''}".strip()
        case _, tuple() as several:
            return [str(one) for one in several]
        case _, value:
            return value


def _first_search(run: Trajectory) -> Observation | None:
    searches = (o for o in run.observations if o.name == "search_catalog" and o.ok)
    return next(searches, None)


def _came_back_empty(run: Trajectory) -> bool:
    last = next((o for o in reversed(run.observations) if o.name == "search_catalog"), None)
    keys = ("products", "near_misses", "unverified")
    return last is not None and not any((last.result or {}).get(key) for key in keys)


def _relaxed(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for dropped in (("type",), ("type", "attributes"), ("type", "attributes", "brand")):
        if any(name in arguments for name in dropped):
            yield {key: value for key, value in arguments.items() if key not in dropped}


def _next_page(found: Findings) -> str | None:
    if not found.search or len(found.fits) >= _MOST_FITS:
        return None
    return (found.search[-1].result or {}).get("next_cursor")


def _comparisons(found: Findings, plan: Plan) -> Iterator[Call]:
    shown = found.fits[:_MOST_COMPARED] or tuple(near.alias for near in found.near)
    names = compared_attributes(plan)
    if any(o.name == "compare_products" and not o.ok for o in found.run.observations):
        names = [name for name in names if name not in _wished_attributes(plan)]
    for start in range(0, len(shown), _COMPARED_AT_ONCE):
        ids = list(shown[start : start + _COMPARED_AT_ONCE])
        if len(ids) > 1:
            yield "compare_products", {"ids": ids, **({"attributes": names} if names else {})}
        else:
            yield "get_product", {"ids": ids}


def compared_attributes(plan: Plan) -> list[str]:
    asked = [n.constraint.field for n in plan.needs if n.constraint]
    named = [f.removeprefix("attributes.") for f in asked if f.startswith("attributes.")]
    return list(dict.fromkeys((*named, *_wished_attributes(plan))))


def _wished_attributes(plan: Plan) -> list[str]:
    wished = (wish_for(n.text) for n in plan.needs if not n.hard)
    names = (name for wish in wished if wish for name in wish.attributes)
    return [name for name in names if name not in ("price", "rating")]


def _reviews(found: Findings, plan: Plan) -> Iterator[Call]:
    shown = list(ranked(found)[:_REVIEWED]) or [near.alias for near in found.near[:_REVIEWED]]
    if not shown:
        return
    for need in plan.needs:
        wish = None if need.hard else wish_for(need.text)
        if not need.hard:
            words = " ".join(wish.asked_of_owners) if wish else need.text
            yield "search_reviews", {"product_ids": shown, "query": words, "limit": 20}
    if all(need.hard for need in plan.needs):
        yield "search_reviews", {"product_ids": shown, "sort": "helpful", "limit": 20}
    for alias in shown[:3]:
        yield "summarize_reviews", {"product_id": alias}


def _guides(found: Findings, plan: Plan) -> Iterator[Call]:
    for observation in found.results("search_web"):
        for page in listed(observation, "pages"):
            if speaks_of(page, plan):
                asked = " ".join((plan.looking_for, *(n.text for n in plan.needs)))
                yield "read_page", {"id": str(page["id"]), "query": asked, "max_tokens": 1200}
                return


def speaks_of(page: dict[str, Any], plan: Plan) -> bool:
    """Whether the page's title is about the kind of thing looked for."""
    kinds = [
        str(n.constraint.value) for n in plan.needs if n.constraint and n.constraint.field == "type"
    ]
    kind = _singular(kinds[0] if kinds else plan.looking_for)
    title = str(page.get("title") or "")
    if kind and _spoken_in(kind, title):
        return True
    noun = kind.rpartition(" ")[2]  # "kettle" of "electric kettle"; "set" says too little
    return len(noun) >= _TELLING_NOUN and _spoken_in(noun, title)
