"""Figures that a report states in plain text beside a citation, held against what is cited.

Values put in by markup cannot differ from their evidence; a figure typed by hand can.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from client.aliases import an_object, objects
from client.markup import COMPARISON, NEEDS, Parsed, marks, split_row
from client.quantities import Quantity, known_unit, quantity
from client.trajectory import Check, Evidence, Trajectory

_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_MONEY = re.compile(
    rf"(?<![\w.])(?:[£$€]|(?:GBP|USD|EUR)\s)\s?(?P<a>{_NUMBER})"
    rf"|(?<![\w.])(?P<b>{_NUMBER})\s?(?:£|€|(?:GBP|USD|EUR|pounds|dollars|euros)\b)"
)
_RATING = re.compile(
    rf"(?<![\w.])(?P<a>{_NUMBER})\s*(?:/\s?5\b|out of (?:5|five)\b|[- ]stars?\b)"
    rf"|\brat(?:ed|ing of)\s+(?P<b>{_NUMBER})(?!\s*%)"
)
_COUNT = re.compile(rf"(?<![\w.])(?P<a>{_NUMBER})\s+(?:reviews|ratings)\b")
_QUANTITY = re.compile(rf"(?<![\w.,£$€])(?P<a>{_NUMBER})\s?(?P<unit>[A-Za-zµ″\"][\w()/µ²³-]*)")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")

Figure = Literal["price", "rating", "count", "quantity"]


@dataclass(frozen=True)
class _Scope:
    """A piece of the report and what it cites."""

    text: str
    cited: tuple[Evidence, ...]


def figure_checks(run: Trajectory, report: Parsed) -> Iterator[Check]:
    given = _given(run)
    for scope in _scopes(run, report):
        own = [_Known.of(evidence, run) for evidence in scope.cited]
        yield from _money(scope, own, given)
        yield from _plain(scope, own, given, "rating", _RATING)
        yield from _plain(scope, own, given, "count", _COUNT)
        yield from _quantities(scope, own, given)


# What is held against what


@dataclass(frozen=True)
class _Known:
    """The numbers that one piece of evidence states."""

    alias: str
    price: float | None
    ratings: tuple[float, ...]
    counts: tuple[float, ...]
    quantities: tuple[Quantity, ...]
    numbers: frozenset[float]
    """Every number anywhere in it, units aside."""

    @staticmethod
    def of(evidence: Evidence, run: Trajectory) -> "_Known":
        fields = evidence.fields
        summary = an_object(fields.get("review_summary"))
        texts = [*_texts(fields), *_violations(run, evidence.alias)]
        return _Known(
            alias=evidence.alias,
            price=fields.get("price"),
            ratings=tuple(v for v in (fields.get("rating"), summary.get("mean")) if v is not None),
            counts=tuple(
                v for v in (fields.get("review_count"), summary.get("count")) if v is not None
            ),
            quantities=tuple(q for text in texts for q in _measures(text)),
            numbers=frozenset(_numbers(fields)) | {n for text in texts for n in _in_text(text)},
        )


def _given(run: Trajectory) -> tuple[str, frozenset[float]]:
    """What the question states may be repeated beside any citation."""
    needs = " ".join(need.text for need in run.plan.needs) if run.plan else ""
    text = f"{run.task.question} {needs}"
    return text, frozenset(_in_text(text))


def _violations(run: Trajectory, alias: str) -> Iterator[str]:
    for observation in run.observations:
        for entry in objects((observation.result or {}).get("near_misses")):
            if an_object(entry.get("product")).get("id") == alias:
                yield from _texts(entry.get("violates"))


def _money(
    scope: _Scope, own: list[_Known], given: tuple[str, frozenset[float]]
) -> Iterator[Check]:
    prices = [known.price for known in own if known.price is not None]
    others = (*given[1], *prices)
    differences = [abs(price - other) for price in prices for other in others]
    for found, amount in _found(_MONEY, scope.text):
        allowed = (*others, *differences, *(n for known in own for n in known.numbers))
        if prices and not _among(amount, found, allowed):
            stated = ", ".join(f"{k.alias}: {k.price}" for k in own if k.price is not None)
            yield _differs(found, f"the price stated is {stated}", f"[{own[0].alias}.price]")


def _plain(
    scope: _Scope,
    own: list[_Known],
    given: tuple[str, frozenset[float]],
    figure: Literal["rating", "count"],
    pattern: re.Pattern[str],
) -> Iterator[Check]:
    field = "rating" if figure == "rating" else "review_count"
    stated = [v for k in own for v in (k.ratings if figure == "rating" else k.counts)]
    for found, amount in _found(pattern, scope.text):
        cited = [float(n) for n in range(1, 1 + len(own))] if figure == "count" else []
        allowed = (*stated, *given[1], *cited, *(n for known in own for n in known.numbers))
        if stated and not _among(amount, found, allowed):
            values = ", ".join(f"{value:g}" for value in stated)
            yield _differs(found, f"the {figure} stated is {values}", f"[{own[0].alias}.{field}]")


def _quantities(
    scope: _Scope, own: list[_Known], given: tuple[str, frozenset[float]]
) -> Iterator[Check]:
    allowed = [q for known in own for q in known.quantities]
    free = list(_measures(given[0]))
    numbers = {n for known in own for n in known.numbers}
    for match in _QUANTITY.finditer(scope.text):
        asked = _measure(match)
        if asked is None or any(_agree(asked, q) for q in (*free, *allowed)):
            continue
        alike = [q for q in allowed if q.dimension == asked.dimension]
        bare = float(match["a"].replace(",", ""))
        if own and alike and bare not in numbers:
            names = ", ".join(known.alias for known in own)
            markup = f"[{own[0].alias}.attributes.NAME]"
            yield _differs(match[0], f"no value of {names} is that", markup)


def _differs(written: str, stated: str, markup: str) -> Check:
    return Check(
        code="value_differs",
        severity="refuse",
        message=f"“{written.strip()}” stands beside a citation, and {stated}. Write {markup}.",
        refers_to=written.strip(),
    )


def _among(amount: float, written: str, allowed: tuple[float, ...]) -> bool:
    """To the digits that were written: "4.3" stands for 4.28, "£60" for 60.00 alone."""
    digits = re.search(r"\.(\d+)", written)
    slack = 0.5 * 10.0 ** -len(digits[1]) if digits else 0.005
    return any(abs(amount - other) <= slack + 1e-9 for other in allowed)


def _agree(asked: Quantity, held: Quantity) -> bool:
    slack = max(asked.slack, held.slack)
    return asked.dimension == held.dimension and (
        abs(asked.value - held.value) <= slack or math.isclose(asked.value, held.value)
    )


# Pieces of the report


def _scopes(run: Trajectory, report: Parsed) -> Iterator[_Scope]:
    for section, body in report.sections.items():
        if section == COMPARISON:
            yield from _cells(run, body)
        elif section != NEEDS:
            yield from _lines(run, body)


def _lines(run: Trajectory, body: str) -> Iterator[_Scope]:
    """A line cites what it names, and what the list item it stands under names."""
    above: tuple[str, ...] = ()
    for line in body.splitlines():
        named = tuple(dict.fromkeys(mark.alias for mark in marks(line)))
        if line[:1].strip():
            above = named if _ITEM.match(line) else ()
        cited = tuple(dict.fromkeys((*named, *above)))
        if known := tuple(run.evidence[alias] for alias in cited if alias in run.evidence):
            yield _Scope(_without_marks(line), known)


def _cells(run: Trajectory, body: str) -> Iterator[_Scope]:
    rows = [split_row(line) for line in body.splitlines() if line.lstrip().startswith("|")]
    if not rows:
        return
    heads = [next(marks(cell), None) for cell in rows[0]]
    for row in rows[2:]:
        for head, cell in zip(heads, row, strict=False):
            if head and head.alias in run.evidence:
                yield _Scope(_without_marks(cell), (run.evidence[head.alias],))


def _without_marks(text: str) -> str:
    out = list(_ITEM.sub(lambda m: " " * len(m[0]), text))
    for mark in marks(text):
        out[mark.start : mark.end] = " " * (mark.end - mark.start)
    return "".join(out)


# Numbers


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, float]]:
    for match in pattern.finditer(text):
        number = next(one for one in match.groupdict().values() if one)
        yield match[0], float(number.replace(",", ""))


def _in_text(text: str) -> Iterator[float]:
    for match in re.finditer(_NUMBER, text):
        yield float(match[0].replace(",", ""))


def _measures(text: str) -> Iterator[Quantity]:
    found = (_measure(match) for match in _QUANTITY.finditer(text))
    yield from (one for one in found if one)


def _measure(match: re.Match[str]) -> Quantity | None:
    unit = match["unit"].rstrip("-")
    if not known_unit(unit):
        return None
    # "5 in stock" is no length; "24 in" at the end of a phrase is one.
    if unit == "in" and match.string[match.end() : match.end() + 2].strip().isalpha():
        return None
    return quantity(match["a"].replace(",", ""), unit)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, list):
        for one in cast(list[Any], value):
            yield from _numbers(one)
    elif isinstance(value, dict):
        for one in cast(dict[str, Any], value).values():
            yield from _numbers(one)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in cast(list[Any], value):
            yield from _texts(one)
    elif isinstance(value, dict):
        for one in cast(dict[str, Any], value).values():
            yield from _texts(one)
