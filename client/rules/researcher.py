"""The keyless researcher: reads the question by grammar, searches, looks needs up in
reviews and pages, and writes an extractive report. The same run always gives the same drafts.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from client.aliases import OUR_TOOLS
from client.researcher import Draft
from client.rules.adviser import advise, ranked
from client.rules.findings import Findings, listed
from client.rules.planning import DENIAL, first_plan, refined_plan, singular, spoken_in
from client.rules.question import read_question
from client.rules.wishes import wish_for
from client.trajectory import Constraint, Plan, Trajectory

Call = tuple[str, dict[str, Any]]

_PAGE = 50
_MOST_FITS = 100
_COMPARED_AT_ONCE = 8
_MOST_COMPARED = 24
_REVIEWED = 5
_TELLING_NOUN = 5
_SEARCH_TOKENS = 20_000
_LINKED = re.compile(r"(?:for|from|in|by|made|compatible|at least|at most)\b", re.IGNORECASE)


class RulesResearcher:
    name = "rules"

    async def plan(self, run: Trajectory) -> Draft:
        return Draft(plan=first_plan(read_question(run.task.question), _offered(run)))

    async def act(self, run: Trajectory) -> Draft:
        if run.plan is None or not run.plan.looking_for:
            return Draft()
        plan = refined_plan(run) or run.plan
        made = {_key(c.name, c.arguments) for m in run.messages for c in m.tool_calls}
        for thought, calls in _stages(run, plan):
            sent = (call for call in calls if call[0] in _offered(run))
            if new := [call for call in sent if _key(*call) not in made]:
                changed = plan if plan != run.plan else None
                return Draft(thought=thought, plan=changed, tool_calls=new)
        return Draft(thought="Every step of the plan is done; time to write.")

    async def write(self, run: Trajectory) -> Draft:
        return Draft(text=advise(Findings(run)))


def _offered(run: Trajectory) -> frozenset[str]:
    """The tools of this run; a record that names none had all of ours."""
    named = (str(tool.get("name")) for tool in run.task.tools)
    return frozenset(named) or OUR_TOOLS


def _key(name: str, arguments: dict[str, Any]) -> str:
    return json.dumps([name, arguments], sort_keys=True)


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
    asked = [DENIAL.sub("", text).strip() for text in spoken]
    return {"query": _worded(plan.looking_for, asked), "limit": 10}


def _worded(looking_for: str, needs: Sequence[str]) -> str:
    """ "webcam with built-in microphone": the first noun stays the thing that is looked for."""
    linked = (need if _LINKED.match(need) else f"with {need}" for need in needs)
    return " ".join((looking_for, *linked))


def filtering(plan: Plan) -> dict[str, Any]:
    unresolved = [
        need.text
        for need in plan.needs
        if need.hard and need.constraint is None and not DENIAL.match(need.text)
    ]
    arguments: dict[str, Any] = {
        "query": _worded(plan.looking_for, unresolved),
        "limit": _PAGE,
        **_bounds(plan),
    }
    attributes: dict[str, Any] = {}
    for c in (n.constraint for n in plan.needs if n.hard and n.constraint):
        if c.field in ("type", "brand", "category") and c.op == "is":
            arguments[c.field] = list(c.value) if isinstance(c.value, tuple) else c.value
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
            return f"{sign} {bound:.12g} {c.unit or ''}".strip()
        case _, tuple() as several:
            return [str(one) for one in several]
        case _, value:
            return value


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
    asked = [n.constraint for n in plan.needs if n.constraint and n.constraint.field == "type"]
    named = asked[0].value if asked else plan.looking_for
    kinds = [singular(str(kind)) for kind in (named if isinstance(named, tuple) else (named,))]
    title = str(page.get("title") or "")
    if any(kind and spoken_in(kind, title) for kind in kinds):
        return True
    nouns = [kind.rpartition(" ")[2] for kind in kinds]  # "kettle" of "electric kettle"
    return any(len(noun) >= _TELLING_NOUN and spoken_in(noun, title) for noun in nouns)
