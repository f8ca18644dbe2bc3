"""Whether a product, as the tools returned it, meets a need: yes, no, or not stated."""

import math
import re
from collections.abc import Iterator
from typing import Any, cast

from client.checks.quantities import Quantity, parse, quantity
from client.trajectory import Constraint, Evidence

_TRUE = {"yes", "true"}
_FALSE = {"no", "false"}


def meets(product: Evidence, asked: Constraint) -> bool | None:
    """None: the evidence does not say. Of several stated values one that meets it is enough."""
    answers = [_one(value, asked) for value in stated(product, asked)]
    known = [answer for answer in answers if answer is not None]
    if asked.op == "is not":
        return all(known) if known else None
    return any(known) if known else None


def stated(product: Evidence, asked: Constraint) -> list[Any]:
    """The values that the evidence states for the field, one by one."""
    fields = product.fields
    if asked.field.startswith("attributes."):
        return list(_attribute_values(fields, asked.field.removeprefix("attributes.")))
    value = fields.get(asked.field)
    if asked.field == "price" and _other_currency(fields, asked):
        return []
    values = cast(list[Any], value if isinstance(value, list) else [value])
    return [one for one in values if one not in (None, "")]


def normal(name: str) -> str:
    """Names and words compare as the catalog's filters compare them: without case, punctuation,
    plural and the spelling of colour."""
    words = re.sub(r"[\W_]+", " ", name.casefold().replace("colour", "color")).split()
    return " ".join(_singular(word) for word in words)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _attribute_values(fields: dict[str, Any], name: str) -> Iterator[str]:
    """Of the attribute under the name it was asked by; else under the catalog's own name."""
    wanted = normal(name)
    entries = cast(list[dict[str, Any]], fields.get("attributes") or [])
    for key in ("name", "attribute"):
        held = [e for e in entries if normal(str(e.get(key) or "")) == wanted and e.get("value")]
        for entry in held:
            yield from (part.strip() for part in str(entry["value"]).split(", "))
        if held:
            return


def _other_currency(fields: dict[str, Any], asked: Constraint) -> bool:
    currency = fields.get("currency")
    return bool(asked.unit and currency and asked.unit.casefold() != str(currency).casefold())


def _one(value: Any, asked: Constraint) -> bool | None:
    if isinstance(asked.value, bool):
        held = _truth(value)
        return None if held is None else (held is asked.value) is (asked.op != "is not")
    match asked.op:
        case "is" | "is not":
            held = _same(value, asked)
            return held if held is None or asked.op == "is" else not held
        case _:
            return _compared(value, asked)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).casefold()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    number = parse(text)
    return None if number is None else number.value > 0


def _same(value: Any, asked: Constraint) -> bool | None:
    wanted = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    if asked.field == "type":
        # A pump espresso machine is an espresso machine.
        kind = normal(str(value))
        return any(f" {kind}".endswith(f" {normal(str(one))}") for one in wanted)
    answers = [_equal(value, one, asked.unit) for one in wanted]
    known = [answer for answer in answers if answer is not None]
    return any(known) if known else None


def _equal(value: Any, wanted: str | float, unit: str | None) -> bool | None:
    target = parse(wanted) if isinstance(wanted, str) else quantity(wanted, unit)
    if target is None:
        return normal(str(value)) == normal(str(wanted))
    held = _comparable(value, target, price=False)
    if held is None:
        return None if target.dimension else normal(str(value)) == normal(str(wanted))
    return target.value - target.slack <= held < target.value + target.slack or math.isclose(
        held, target.value
    )


def _compared(value: Any, asked: Constraint) -> bool | None:
    low, high = -math.inf, math.inf
    bounds = cast(tuple[Any, ...], asked.value if isinstance(asked.value, tuple) else ())
    unit = None if asked.field == "price" else asked.unit
    if asked.op == "between" and len(bounds) == 2:
        first, last = quantity(bounds[0], unit), quantity(bounds[1], unit)
        target, low, high = first, first.value, last.value
    else:
        target = parse(asked.value) if isinstance(asked.value, str) else None
        if isinstance(asked.value, int | float):
            target = quantity(asked.value, unit)
        if target is None:
            return None
        low, high = (target.value, high) if asked.op == "at least" else (low, target.value)
    held = _comparable(value, target, price=asked.field == "price")
    if held is None:
        return None
    slack = 1e-9 * max(abs(held), 1.0)
    return low - slack <= held <= high + slack


def _comparable(value: Any, target: Quantity, *, price: bool) -> float | None:
    """The value in the target's base unit; None where text or a missing unit cannot answer."""
    if isinstance(value, bool):
        return None
    held = quantity(value) if isinstance(value, int | float) else parse(str(value))
    if held is None or (held.dimension != target.dimension and not price):
        return None
    return held.value
