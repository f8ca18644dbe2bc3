"""What code can hold against the products that a report recommends, and against their number."""

from collections.abc import Iterator
from typing import Any

from client.aliases import an_object, objects
from client.checks.checking import overlap, refused, weighed, words
from client.checks.constraints import meets, normal, stated
from client.markup import COULD_NOT_VERIFY, RECOMMENDATION, UNVERIFIED, Parsed
from client.trajectory import Check, Constraint, Evidence, Need, Plan, Trajectory


def recommended_checks(run: Trajectory, report: Parsed, alias: str) -> Iterator[Check]:
    product = run.evidence.get(alias)
    if product is None:
        return
    if product.kind != "product":
        yield refused("not_a_product", f"[{alias}] is a {product.kind}, no product.", alias)
        return
    for need in run.plan.needs if run.plan else ():
        if need.hard and need.constraint:
            yield from _hard_need(run, report, product, need, need.constraint)
    if _beside_only(run, alias) and not _meets_all(run.plan, product):
        yield refused(
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
        yield refused(
            "breaks_hard_need",
            f"{alias} breaks {need.id} ({need.text}): its {_name(asked)} is {values}. Move it to"
            " Nearest.",
            alias,
        )
    elif held is None and not _admitted(report, alias, need):
        opened = _opened(run, alias)
        yield refused(
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
        if item.alias == alias or (item.alias is None and overlap(need.text, item.text) >= 0.5):
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


# How many


def number_checks(run: Trajectory, plan: Plan, report: Parsed) -> Iterator[Check]:
    named = report.aliases(RECOMMENDATION)
    chosen = [a for a in named if a in run.evidence and run.evidence[a].kind == "product"]
    if len(chosen) >= plan.wanted:
        return
    others = [alias for alias in _fitting(run, plan) if alias not in chosen]
    if others:
        certain = all(need.constraint for need in plan.needs if need.hard)
        yield Check(
            code="too_few_products",
            severity=weighed(certain),
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
    return words(looking_for) <= words(known)
